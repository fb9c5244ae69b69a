/** Each rule of the audit detects its own kind of drift and nothing else. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { AuditData } from '../../../api/auditor/findings.ts';
import { driftsOf } from '../../../api/auditor/rules.ts';
import { chargeKey } from '../../../specs/identity.ts';

const [paid, failed, cancelled, open] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const;

const notified = (orderId: string, eventName: string, status = 'SENT') => ({ orderId, eventName, status });

/** Consistent audit data with one order in each status. */
function consistentBook(): AuditData {
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
      notified(paid, 'OrderCreated'),
      notified(failed, 'OrderRejected'),
      notified(cancelled, 'OrderCreated'),
      notified(cancelled, 'OrderCancelled'),
    ],
  };
}

test('consistent data has no drift', () => assert.deepEqual(driftsOf(consistentBook()), []));

test('a notification that the cancellation supersedes is no drift', () => {
  const book = consistentBook();
  book.notifications[2]!.status = 'SUPERSEDED';
  assert.deepEqual(driftsOf(book), []);
});

const drifts: ReadonlyArray<[string, string[], (book: AuditData) => void]> = [
  ['a balance that differs from its ledger', ['I1'], (book) => (book.account.balance = 71n)],
  ['a negative balance', ['I2'], (book) => (book.account = { balance: -1n, ledgerSum: -1n })],
  ['a gap in the versions', ['I10'], (book) => (book.orders[3]!.version = 5)],
  ['a repeated version', ['I10'], (book) => (book.orders[3]!.version = 3)],
  [
    'a second charge for one order',
    ['I5', 'I4'],
    (book) => book.movements.push({ key: chargeKey(paid), amount: -30n, isCancelled: false }),
  ],
  [
    'a second, cancelled charge for one order',
    ['I4'],
    (book) => book.movements.push({ key: chargeKey(paid), amount: -30n, isCancelled: true }),
  ],
  ['a paid order without a charge', ['I5'], (book) => book.movements.splice(0, 1)],
  ['a charge with a different amount', ['I5'], (book) => (book.movements[0]!.amount = -29n)],
  ['a paid order whose charge was refunded', ['I5'], (book) => (book.outcomes[0]!.outcome = 'REFUNDED')],
  [
    'a failed order that was charged',
    ['I6'],
    (book) => book.movements.push({ key: chargeKey(failed), amount: -30n, isCancelled: false }),
  ],
  ['a failed order without a charge outcome', ['I6'], (book) => book.outcomes.splice(1, 1)],
  ['a cancelled order that was not refunded', ['I6'], (book) => (book.movements[1]!.isCancelled = false)],
  ['a charge without an order', ['I7'], (book) => book.outcomes.push({ key: randomUUID(), outcome: 'CHARGED' })],
  ['a missing notification', ['I15'], (book) => book.notifications.splice(0, 1)],
  ['a notification of the wrong event', ['I15'], (book) => (book.notifications[1]!.eventName = 'OrderCreated')],
  ['a repeated notification', ['I15'], (book) => book.notifications.push(notified(paid, 'OrderCreated'))],
  [
    'a superseded notification of an order without a cancellation',
    ['I15'],
    (book) => (book.notifications[0]!.status = 'SUPERSEDED'),
  ],
  ['a superseded cancellation', ['I15'], (book) => (book.notifications[3]!.status = 'SUPERSEDED')],
  ['a notification of an open order', ['I15'], (book) => book.notifications.push(notified(open, 'OrderCreated'))],
  [
    "a notification of another buyer's order",
    ['I15'],
    (book) => book.notifications.push(notified(randomUUID(), 'OrderCreated')),
  ],
];

test('a notification that is still being announced may be missing, but no other one, and none may be repeated', () => {
  const invariantsOf = (announcing: Array<[string, string[]]>, damage: (book: AuditData) => void) => {
    const book = consistentBook();
    damage(book);
    return driftsOf(book, new Map(announcing)).map(({ invariant }) => invariant);
  };
  const forget =
    (...events: number[]) =>
    (book: AuditData) =>
      void (book.notifications = book.notifications.filter((_, n) => !events.includes(n)));
  const mayFollow: Array<[string, string[]]> = [[cancelled, ['CANCELLED']]];
  assert.deepEqual(
    invariantsOf(mayFollow, () => {}),
    [],
  );
  assert.deepEqual(invariantsOf(mayFollow, forget(3)), []);
  assert.deepEqual(invariantsOf([[cancelled, ['SUCCESS', 'CANCELLED']]], forget(2, 3)), []);
  assert.deepEqual(invariantsOf(mayFollow, forget(2)), ['I15']);
  assert.deepEqual(invariantsOf(mayFollow, forget(0)), ['I15']);
  assert.deepEqual(
    invariantsOf(mayFollow, (book) => book.notifications.push(notified(cancelled, 'OrderCancelled'))),
    ['I15'],
  );
});

for (const [what, expected, damage] of drifts) {
  test(`${what} is reported as ${expected.join(' and ')}`, () => {
    const book = consistentBook();
    damage(book);
    const found = driftsOf(book);
    assert.deepEqual([...new Set(found.map(({ invariant }) => invariant))].toSorted(), expected.toSorted());
    assert.ok(found.every(({ ownerId }) => ownerId === 'owner'));
  });
}
