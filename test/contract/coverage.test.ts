/** The contract coverage page lists the tests of each documented answer, and a gap in it is reported. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Exchange } from '../support/requests/exchanges.ts';
import { documented } from './tools/answers.ts';
import { mostSpecificFirst, faultsOf } from './tools/coverage.ts';
import { ROOT } from './tools/page.ts';
import { fromPage, toPage } from './tools/table.ts';
import { titlesIn } from './tools/titles.ts';

const FILE = 'contract/coverage';
const operations = documented();
const has = titlesIn(join(ROOT, 'test', `${FILE}.test.ts`));
const NAME = 'a complete page has no faults';
/** The records of a test with this name that received every answer of the operations. */
const allAnswers = (name: string, of = operations): Exchange[] =>
  of.flatMap(({ answers }) => answers.map((answer) => ({ ...answer, file: FILE, test: name })));

for (const n of [1, 2]) {
  test(`a template title, with ${n === 1 ? `${n} value` : `${n} values`}, is matched by its fixed parts`, () => {
    assert.ok(has('a template title, with any value, is matched by its fixed parts'));
    assert.ok(!has('a template title'));
  });
}

test("a title with “quotes” and 'quotes' is found", () => {
  for (const name of [NAME, "a title with “quotes” and 'quotes' is found"]) assert.ok(has(name), name);
  assert.ok(!has('there is no such test'));
});

test('reading a generated page returns its tests, even with special characters in titles', async () => {
  const some = operations.slice(0, 2);
  const exchanges = ['a | b', '*c* _d_ `e` <f> [g](h) \\i ~j~ {k}', "l's “m” & 1. – n"].flatMap((name) =>
    allAnswers(name, some),
  );
  const page = await toPage(some, exchanges, 'page.md');
  const sorted = (each: readonly Exchange[]) => each.map((exchange) => JSON.stringify(exchange)).toSorted();
  assert.deepEqual(sorted(fromPage(page)), sorted(exchanges));
  assert.equal(await toPage(some, fromPage(page), 'page.md'), page);
});

test('the document has answers of operations and answers without an operation', () => {
  const names = operations.flatMap(({ answers }) =>
    answers.map(({ operationId, status, kind }) => [operationId, status, kind].join()),
  );
  for (const name of ['createOrder,201,', 'createOrder,409,stale-order-list', ',404,not-found'])
    assert.ok(names.includes(name), name);
});

test('a complete page has no faults', () => {
  assert.deepEqual(faultsOf(operations, allAnswers(NAME), ROOT), []);
});

test('an untested answer, an undocumented answer and a missing test are faults', () => {
  const exchanges = allAnswers(NAME).filter(
    ({ operationId, status }) => operationId !== 'createOrder' || status !== 202,
  );
  exchanges.push({ operationId: 'createOrder', status: 418, kind: undefined, file: FILE, test: NAME });
  exchanges.push({
    operationId: 'createOrder',
    status: 201,
    kind: undefined,
    file: FILE,
    test: 'there is no such test',
  });
  exchanges.push({ operationId: 'createOrder', status: 201, kind: undefined, file: 'no-such-file', test: NAME });
  assert.deepEqual(faultsOf(operations, exchanges, ROOT), [
    'No test covers createOrder 202',
    'createOrder 418 is not in the document',
    `${FILE} has no test “there is no such test”`,
    'There is no test file no-such-file',
  ]);
});

test('of many tests the page names those with the fewest answers, regardless of input order', async () => {
  const narrow = ['a', 'b', 'c'].map((name): Exchange => ({
    operationId: 'readBalance',
    status: 200,
    kind: undefined,
    file: FILE,
    test: name,
  }));
  const exchanges = [...allAnswers('broad'), ...narrow.toReversed()];
  for (const each of [exchanges, exchanges.toReversed()]) {
    const named = fromPage(await toPage(operations, mostSpecificFirst(each), 'page.md')).filter(
      ({ operationId, status }) => operationId === 'readBalance' && status === 200,
    );
    assert.deepEqual(named, narrow);
  }
});
