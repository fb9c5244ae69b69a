import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from '../../support/requests/exchanges.ts';
import { nameOf, type Documented } from './answers.ts';
import { titlesIn } from './titles.ts';

/** One sentence per uncovered answer, undocumented answer or missing test. */
export function faultsOf(operations: readonly Documented[], exchanges: readonly Exchange[], root: string): string[] {
  const answers = new Set(operations.flatMap(({ answers }) => answers.map(nameOf)));
  const covered = new Set(exchanges.map(nameOf));
  const uncovered = [...answers].filter((name) => !covered.has(name)).map((name) => `No test covers ${name}`);
  const unknown = [...covered].filter((name) => !answers.has(name)).map((name) => `${name} is not in the document`);
  return [...uncovered, ...unknown, ...missingTests(exchanges, root)];
}

function missingTests(exchanges: readonly Exchange[], root: string): string[] {
  return [...Map.groupBy(exchanges, ({ file }) => file)].flatMap(([file, ofFile]) => {
    const path = join(root, 'test', `${file}.test.ts`);
    if (!existsSync(path)) return [`There is no test file ${file}`];
    const has = titlesIn(path);
    return [...new Set(ofFile.map(({ test }) => test))]
      .filter((test) => !has(test))
      .map((test) => `${file} has no test “${test}”`);
  });
}

/** Sorts by test. Tests that get the fewest different answers come first, because they are about just these answers. */
export function mostSpecificFirst(exchanges: readonly Exchange[]): Exchange[] {
  const answerCounts = new Map(
    [...Map.groupBy(exchanges, testOf)].map(([test, ofTest]) => [test, new Set(ofTest.map(nameOf)).size]),
  );
  const countOf = (exchange: Exchange) => answerCounts.get(testOf(exchange))!;
  return exchanges.toSorted((one, other) => countOf(one) - countOf(other) || compare(testOf(one), testOf(other)));
}

const testOf = ({ file, test }: Exchange): string => `${file} ${test}`;
const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
