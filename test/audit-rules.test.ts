/** The rules of an audit, each seen to notice its own kind of drift, and nothing else. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Book } from '../api/auditor/book.ts';
import { driftsOf } from '../api/auditor/rules.ts';
import { chargeKey } from '../specs/identity.ts';

const [paid, failed, cancelled, open] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const;

/** One order of each kind, and everything as it should be. */
function soundBook(): Book {
  const order = { ownerId: 'owner', price: 30n, createdAt: new Date() };
  return {
    ownerId: 'owner',
    orders: [
      { ...order, id: paid, version: 1, status: 'SUCCESS', firstStatus: 'SUCCESS' },
      { ...order, id: failed, version: 2, status: 'FAILED', firstStatus: 'FAILED' },
      { ...order, id: cancelled, version: 3, status: 'CANCELLED', firstStatus: 'SUCCESS' },
      { ...order, id: open, version: 4, status: 'IN_PROGRESS', firstStatus: null },
    ],
    account: { balance: 70n, ledgerSum: 70n },
    movements: [
      { key: chargeKey(paid), amount: -30n, isCancelled: false },
      { key: chargeKey(cancelled), amount: -30n, isCancelled: true },
    ],
    outcomes: [
      { key: chargeKey(paid), outcome: 'CHARGED' },
      { key: chargeKey(failed), outcome: 'DECLINED' },
      { key: chargeKey(cancelled), outcome: 'REFUNDED' },
    ],
    notifications: [
      { orderId: paid, eventName: 'OrderCreated' },
      { orderId: failed, eventName: 'OrderRejected' },
      { orderId: cancelled, eventName: 'OrderCreated' },
      { orderId: cancelled, eventName: 'OrderCancelled' },
    ],
  };
}

test('a sound book has no drift', () => assert.deepEqual(driftsOf(soundBook()), []));

const drifts: ReadonlyArray<[string, string[], (book: Book) => void]> = [
  ['a balance that is not its ledger', ['I1'], (book) => (book.account.balance = 71n)],
  ['a balance below zero', ['I2'], (book) => (book.account = { balance: -1n, ledgerSum: -1n })],
  ['a gap in the versions', ['I10'], (book) => (book.orders[3]!.version = 5)],
  ['a version twice', ['I10'], (book) => (book.orders[3]!.version = 3)],
  [
    'a second charge of one order',
    ['I5', 'I4'],
    (book) => book.movements.push({ key: chargeKey(paid), amount: -30n, isCancelled: false }),
  ],
  [
    'a second charge that was cancelled',
    ['I4'],
    (book) => book.movements.push({ key: chargeKey(paid), amount: -30n, isCancelled: true }),
  ],
  ['a paid order without a charge', ['I5'], (book) => book.movements.splice(0, 1)],
  ['a charge of another amount', ['I5'], (book) => (book.movements[0]!.amount = -29n)],
  ['a paid order whose outcome is another', ['I5'], (book) => (book.outcomes[0]!.outcome = 'REFUNDED')],
  [
    'a failed order that was charged',
    ['I6'],
    (book) => book.movements.push({ key: chargeKey(failed), amount: -30n, isCancelled: false }),
  ],
  ['a failed order without an outcome', ['I6'], (book) => book.outcomes.splice(1, 1)],
  ['a cancelled order whose money is still gone', ['I6'], (book) => (book.movements[1]!.isCancelled = false)],
  ['a charge that no order has', ['I7'], (book) => book.outcomes.push({ key: randomUUID(), outcome: 'CHARGED' })],
  ['a buyer who was not told', ['I15'], (book) => book.notifications.splice(0, 1)],
  ['a buyer who was told something else', ['I15'], (book) => (book.notifications[1]!.eventName = 'OrderCreated')],
  [
    'a buyer who was told twice',
    ['I15'],
    (book) => book.notifications.push({ orderId: paid, eventName: 'OrderCreated' }),
  ],
  [
    'a buyer who was told too early',
    ['I15'],
    (book) => book.notifications.push({ orderId: open, eventName: 'OrderCreated' }),
  ],
  [
    'a buyer who was told of an order that is not theirs',
    ['I15'],
    (book) => book.notifications.push({ orderId: randomUUID(), eventName: 'OrderCreated' }),
  ],
];

test('what is being announced may be told still, and nothing else is missing or too much by that', () => {
  const i15 = (announcing: Array<[string, string[]]>, spoil: (book: Book) => void) => {
    const book = soundBook();
    spoil(book);
    return driftsOf(book, new Map(announcing)).map(({ invariant }) => invariant);
  };
  const forget =
    (...events: number[]) =>
    (book: Book) =>
      void (book.notifications = book.notifications.filter((_, n) => !events.includes(n)));
  const mayFollow: Array<[string, string[]]> = [[cancelled, ['CANCELLED']]];
  assert.deepEqual(
    i15(mayFollow, () => {}),
    [],
  );
  assert.deepEqual(i15(mayFollow, forget(3)), []);
  assert.deepEqual(i15([[cancelled, ['SUCCESS', 'CANCELLED']]], forget(2, 3)), []);
  assert.deepEqual(i15(mayFollow, forget(2)), ['I15']);
  assert.deepEqual(i15(mayFollow, forget(0)), ['I15']);
  assert.deepEqual(
    i15(mayFollow, (book) => book.notifications.push({ orderId: cancelled, eventName: 'OrderCancelled' })),
    ['I15'],
  );
});

for (const [what, expected, spoil] of drifts) {
  test(`${what} is noticed, as ${expected.join(' and ')}`, () => {
    const book = soundBook();
    spoil(book);
    const found = driftsOf(book);
    assert.deepEqual([...new Set(found.map(({ invariant }) => invariant))].toSorted(), expected.toSorted());
    assert.ok(found.every(({ ownerId }) => ownerId === 'owner'));
  });
}
