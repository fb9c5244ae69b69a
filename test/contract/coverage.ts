import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange } from '../support/exchanges.ts';
import { nameOf, type Documented } from './answers.ts';
import { titlesIn } from './titles.ts';

/** What is wrong with a page, in a sentence each: an answer of the document that no test has met, one that the document does not have, a test that is not there. */
export function faultsOf(operations: readonly Documented[], exchanges: readonly Exchange[], root: string): string[] {
  const answers = new Set(operations.flatMap(({ answers }) => answers.map(nameOf)));
  const met = new Set(exchanges.map(nameOf));
  const unmet = [...answers].filter((name) => !met.has(name)).map((name) => `No test has met ${name}`);
  const unknown = [...met].filter((name) => !answers.has(name)).map((name) => `${name} is not in the document`);
  return [...unmet, ...unknown, ...missingTests(exchanges, root)];
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

/** In the order of their worth: a test that meets few different answers is about those that it meets. */
export function byWorth(exchanges: readonly Exchange[]): Exchange[] {
  const answersMet = new Map(
    [...Map.groupBy(exchanges, testOf)].map(([test, ofTest]) => [test, new Set(ofTest.map(nameOf)).size]),
  );
  const worth = (exchange: Exchange) => answersMet.get(testOf(exchange))!;
  return exchanges.toSorted((one, other) => worth(one) - worth(other) || compare(testOf(one), testOf(other)));
}

const testOf = ({ file, test }: Exchange): string => `${file} ${test}`;
const compare = (one: string, other: string): number => (one < other ? -1 : Number(one > other));
