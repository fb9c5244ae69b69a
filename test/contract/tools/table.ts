import { format, resolveConfig } from 'prettier';
import type { Exchange } from '../../support/requests/exchanges.ts';
import { nameOf, type Documented } from './answers.ts';

const TESTS_PER_ANSWER_MAX = 3;

const INTRODUCTION = `# Tests for every answer of the contract

This page lists every answer in the [API document](../specs/preferable/rest-openapi.yaml) with tests that got it from a running server and compared its status, headers and body with the document. It names at most ${TESTS_PER_ANSWER_MAX} tests per answer, those that get the fewest different answers.

\`npm run contract-coverage\` runs all tests and writes this page. With the names of test files it runs only those and updates their entries. \`npm run check:contract\` fails if an answer has no test or a listed test no longer exists.
`;

/** Renders a table of answers and tests per operation. In `exchanges`, the most specific tests must come first. */
export async function toPage(
  operations: readonly Documented[],
  exchanges: readonly Exchange[],
  file: string,
): Promise<string> {
  const byAnswer = Map.groupBy(exchanges, nameOf);
  const sections = operations.map(({ operationId, title, answers }) => {
    const rows = answers.flatMap((answer) => {
      const label = [answer.status, answer.kind].filter(Boolean).join(' ');
      const tests = (byAnswer.get(nameOf(answer)) ?? []).slice(0, TESTS_PER_ANSWER_MAX);
      return tests.length === 0
        ? [`| ${label} | | |`]
        : tests.map(({ file, test }) => `| ${label} | ${file} | ${escaped(test)} |`);
    });
    return `## ${operationId ? `${operationId}: ` : ''}${escaped(title)}\n\n| answer | file | test |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return format([INTRODUCTION, ...sections].join('\n'), { ...(await resolveConfig(file)), parser: 'markdown' });
}

/** Parses a page written by `toPage`. */
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

const escaped = (text: string): string => text.replaceAll(/[\\`*_[\]<>|{}~]/g, '\\$&').replaceAll('\n', ' ');
const unescaped = (text: string): string => text.replaceAll(/\\([\p{P}\p{S}])/gu, '$1');
