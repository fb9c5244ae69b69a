/**
 * Makes `specs/generated/` from the contracts: `node tools/specs/generate.ts`.
 * With `--check` nothing is written: the contracts are linted, and it fails if a generated file is not as it would be made.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { channelsSource, checkEventDocument, eventDocument, eventTypes } from './asyncapi.ts';
import { apiDocument, apiTypes } from './openapi.ts';
import { problemsSource, readKinds } from './problems.ts';
import { lint } from './redocly.ts';

const STYLES = ['preferable'];

const specs = join(import.meta.dirname, '../../specs');
const generated = join(specs, 'generated');
const BANNER = '// Generated from the contracts in specs/ by `npm run specs`. Changes belong there.\n';

/** Every generated file by its path, as it has to be. */
export async function generate(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const add = async (name: string, text: string) =>
    files.set(join(generated, name), await formatted(join(generated, name), text));

  const kinds = await readKinds(join(specs, 'common/problems.yaml'));
  await add('problems.ts', BANNER + problemsSource(kinds));
  for (const style of STYLES) {
    const api = await apiDocument(join(specs, style, 'rest-openapi.yaml'), kinds);
    await add(`${style}/openapi.json`, JSON.stringify(api));
    await add(`${style}/openapi.ts`, BANNER + (await apiTypes(api)));
    const events = await eventDocument(join(specs, style, 'asyncapi.yaml'));
    await add(`${style}/asyncapi.json`, JSON.stringify(events));
    await add(`${style}/events.ts`, BANNER + (await eventTypes(events)));
    await add(`${style}/channels.ts`, BANNER + channelsSource(events));
  }
  return files;
}

/** The generated files that are missing or not as they would be made. */
export async function outdated(): Promise<string[]> {
  const differing: string[] = [];
  for (const [path, text] of await generate()) {
    const found = await readFile(path, 'utf8').catch(() => undefined);
    if (found !== text) differing.push(relative(process.cwd(), path));
  }
  return differing;
}

async function formatted(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}

async function write(): Promise<void> {
  for (const [path, text] of await generate()) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

async function check(): Promise<void> {
  for (const style of STYLES) {
    await lint(join(specs, style, 'rest-openapi.yaml'));
    // The kinds that no operation answers with are described all the same.
    await lint(join(generated, style, 'openapi.json'), '--skip-rule', 'no-unused-components');
    await checkEventDocument(join(specs, style, 'asyncapi.yaml'));
    await checkEventDocument(join(generated, style, 'asyncapi.json'));
  }
  const differing = await outdated();
  if (differing.length > 0) throw new Error(`Not as generated, run \`npm run specs\`:\n  ${differing.join('\n  ')}`);
}

if (import.meta.main) {
  await (process.argv.includes('--check') ? check() : write()).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
