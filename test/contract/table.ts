import { format, resolveConfig } from 'prettier';
import type { Exchange } from '../support/exchanges.ts';
import { nameOf, type Documented } from './answers.ts';

/** More of them would tell a reader no more. */
const TESTS_MAX = 3;

const INTRODUCTION = `# The contract, and the tests that have met it

Every answer that the [API document](../specs/preferable/rest-openapi.yaml) has, with tests that really got it from a server: each was compared with the document, status, headers and body. Of many tests, those that
meet the fewest different answers are named, ${TESTS_MAX} at most.

\`npm run contract-coverage\` runs all tests and writes this page; with the names of test files it runs those, and replaces what the page says of them. \`npm run check:contract\` fails when an answer has no test, or a test that is
named is gone.
`;

/** The page: for each operation a table of its answers, with the tests that met each. `exchanges` come in the order of their worth. */
export async function toPage(
  operations: readonly Documented[],
  exchanges: readonly Exchange[],
  file: string,
): Promise<string> {
  const met = Map.groupBy(exchanges, nameOf);
  const sections = operations.map(({ operationId, title, answers }) => {
    const rows = answers.flatMap((answer) => {
      const told = [answer.status, answer.kind].filter(Boolean).join(' ');
      const tests = (met.get(nameOf(answer)) ?? []).slice(0, TESTS_MAX);
      return tests.length === 0
        ? [`| ${told} | | |`]
        : tests.map(({ file, test }) => `| ${told} | ${file} | ${escaped(test)} |`);
    });
    return `## ${operationId ? `${operationId}: ` : ''}${escaped(title)}\n\n| answer | file | test |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return format([INTRODUCTION, ...sections].join('\n'), { ...(await resolveConfig(file)), parser: 'markdown' });
}

/** The exchanges that a page names, in its order. */
export function fromPage(page: string): Exchange[] {
  const exchanges: Exchange[] = [];
  let operationId: string | undefined;
  for (const line of page.split('\n')) {
    const [, heading] = /^## (.*)$/.exec(line) ?? [];
    if (heading !== undefined) operationId = /^(\w+): /.exec(heading)?.[1];
    const [, status, kind, file, test] = /^\| (\d{3})(?: ([a-z-]+))? *\| (\S+) *\| (.+?) *\|$/.exec(line) ?? [];
    if (test) exchanges.push({ operationId, status: Number(status), kind, file: file!, test: unescaped(test) });
  }
  return exchanges;
}

/** As text of a table, in which no character means anything. */
const escaped = (text: string): string => text.replaceAll(/[\\`*_[\]<>|{}~]/g, '\\$&').replaceAll('\n', ' ');
const unescaped = (text: string): string => text.replaceAll(/\\([\p{P}\p{S}])/gu, '$1');
