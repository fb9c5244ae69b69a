/**
 * Asks the registry for known vulnerabilities of the installed packages: `node tools/audit.ts`. Fails if a package that
 * the app needs has a serious one. If the registry cannot be asked, says so and passes.
 */
import { execa } from 'execa';

interface Report {
  vulnerabilities?: Record<string, { severity: string }>;
  message?: string;
}

const WITHIN_MS = 60_000;
const SERIOUS = ['high', 'critical'];

/** The exit code and what to print. */
export function verdictOn(output: string): { code: number; text: string } {
  const report = parse(output);
  if (!report?.vulnerabilities)
    return { code: 0, text: `Vulnerabilities were not checked: ${report?.message ?? 'npm audit gave no report'}` };
  const serious = Object.entries(report.vulnerabilities).filter(([, { severity }]) => SERIOUS.includes(severity));
  if (serious.length === 0) return { code: 0, text: 'No package that the app needs has a serious vulnerability.' };
  const names = serious.map(([name, { severity }]) => `${name} (${severity})`).join(', ');
  return { code: 1, text: `Vulnerable packages: ${names}. Run \`npm audit\`, then update them.` };
}

function parse(output: string): Report | undefined {
  try {
    return JSON.parse(output) as Report;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const args = ['audit', '--json', '--omit=dev', '--fetch-retries=0', '--audit-level=high'];
  const { stdout } = await execa('npm', args, { reject: false, stdin: 'ignore', timeout: WITHIN_MS });
  const { code, text } = verdictOn(stdout ?? '');
  process.stdout.write(`${text}\n`);
  process.exitCode = code;
}
