/** The page that says which test has met which answer of the contract, and that a gap in it is noticed. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { documented } from './contract/answers.ts';
import { byWorth, faultsOf } from './contract/coverage.ts';
import { ROOT } from './contract/page.ts';
import { fromPage, toPage } from './contract/table.ts';
import { titlesIn } from './contract/titles.ts';
import type { Exchange } from './support/exchanges.ts';

const FILE = 'contract-coverage';
const operations = documented();
const has = titlesIn(join(ROOT, 'test', `${FILE}.test.ts`));
/** A test of this file. */
const NAME = 'a page without a gap has no fault';
/** As if a test of this name had met all there is. */
const everything = (name: string, of = operations): Exchange[] =>
  of.flatMap(({ answers }) => answers.map((answer) => ({ ...answer, file: FILE, test: name })));

for (const n of [1, 2]) {
  test(`a title that is put together, ${n === 1 ? `${n} time` : `${n} times`}, is known by what is always in it`, () => {
    assert.ok(has(`a title that is put together, as often as you like, is known by what is always in it`));
    assert.ok(!has('a title that is put together'));
  });
}

test("a title with “quotes” and 'quotes' is known", () => {
  for (const name of [NAME, "a title with “quotes” and 'quotes' is known"]) assert.ok(has(name), name);
  assert.ok(!has('there is no such test'));
});

test('what a page names is read from it again, whatever a title consists of', async () => {
  const some = operations.slice(0, 2);
  const exchanges = ['a | b', '*c* _d_ `e` <f> [g](h) \\i ~j~ {k}', "l's “m” & 1. – n"].flatMap((name) =>
    everything(name, some),
  );
  const page = await toPage(some, exchanges, 'page.md');
  const sorted = (each: readonly Exchange[]) => each.map((exchange) => JSON.stringify(exchange)).toSorted();
  assert.deepEqual(sorted(fromPage(page)), sorted(exchanges));
  assert.equal(await toPage(some, fromPage(page), 'page.md'), page);
});

test('the document has answers of operations, and some of none', () => {
  const names = operations.flatMap(({ answers }) =>
    answers.map(({ operationId, status, kind }) => [operationId, status, kind].join()),
  );
  for (const name of ['createOrder,201,', 'createOrder,409,stale-order-list', ',404,not-found'])
    assert.ok(names.includes(name), name);
});

test('a page without a gap has no fault', () => {
  assert.deepEqual(faultsOf(operations, everything(NAME), ROOT), []);
});

test('an answer that no test has met, one that is not documented, and a test that is gone are faults', () => {
  const exchanges = everything(NAME).filter(
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
    'No test has met createOrder 202',
    'createOrder 418 is not in the document',
    `${FILE} has no test “there is no such test”`,
    'There is no test file no-such-file',
  ]);
});

test('of many tests those that meet the fewest answers are named, whatever order they came in', async () => {
  const narrow = ['a', 'b', 'c'].map((name): Exchange => ({
    operationId: 'readBalance',
    status: 200,
    kind: undefined,
    file: FILE,
    test: name,
  }));
  const exchanges = [...everything('broad'), ...narrow.toReversed()];
  for (const each of [exchanges, exchanges.toReversed()]) {
    const named = fromPage(await toPage(operations, byWorth(each), 'page.md')).filter(
      ({ operationId, status }) => operationId === 'readBalance' && status === 200,
    );
    assert.deepEqual(named, narrow);
  }
});
