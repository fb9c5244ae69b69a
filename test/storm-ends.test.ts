/** What a storm finds wrong with cancellations, with what buyers read at last, and with what they were told: each rule is seen to be broken once, and to hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenAnswers } from './storm/checks/answers.ts';
import type { OrderRow } from './storm/checks/books.ts';
import { brokenLastReads } from './storm/checks/last-reads.ts';
import { brokenMails } from './storm/checks/mails.ts';
import { brokenPrivacy } from './storm/checks/strangers.ts';
import { brokenCancellations } from './storm/checks/taken-back.ts';
import { toldTooEarly } from './storm/checks/transitions.ts';
import type { Violation } from './storm/checks/violation.ts';
import * as requests from './storm/clients/requests.ts';
import { exchange, order, OWNER, refusal, soundBooks, STRANGER } from './support/storm-history.ts';

const idsOf = (found: readonly Violation[]): string[] => [...new Set(found.map(({ invariant }) => invariant))];
const sound = soundBooks();
const [placed] = sound.orders as [OrderRow];

test('an order is taken back when its owner has asked for it, and is what was answered', () => {
  const back = order({ status: 'CANCELLED', reason: 'buyer', cancelCause: 'buyer' });
  const asked = requests.cancelOrder(back.id);
  const done = exchange(asked, { body: { id: back.id, status: 'CANCELLED' } });
  const of = (row: OrderRow, ...exchanges: ReturnType<typeof exchange>[]) =>
    idsOf(brokenCancellations(exchanges, { orders: [row] }));
  assert.deepEqual(of(back, done), []);
  assert.deepEqual(of(back, exchange(asked)), []);
  assert.deepEqual(of(back), ['I14']);
  assert.deepEqual(of(back, exchange(asked, refusal(404, 'no-such-order'))), ['I14']);
  assert.deepEqual(of(back, exchange(asked, refusal(404, 'no-such-order'), { as: STRANGER })), ['I14']);
  assert.deepEqual(of({ ...back, status: 'SUCCESS', cancelCause: null }, done), ['I13']);
  assert.deepEqual(
    of({ ...back, status: 'SUCCESS' }, exchange(asked, { status: 202, body: { status: 'IN_PROGRESS' } })),
    ['I13'],
  );
  assert.deepEqual(
    of({ ...back, status: 'SUCCESS', cancelCause: null }, exchange(asked, refusal(409, 'not-cancellable'))),
    ['I13'],
  );
  assert.deepEqual(of({ ...back, status: 'FAILED' }, exchange(asked, refusal(409, 'not-cancellable'))), []);
});

test('at last everybody reads what the books have', () => {
  const reads = (asked: Parameters<typeof exchange>[0], body: unknown) =>
    idsOf(brokenLastReads([exchange(asked, { body })], sound));
  assert.deepEqual(reads(requests.readBalance(), { amount: 0 }), []);
  assert.deepEqual(reads(requests.readBalance(), { amount: 777 }), ['I13']);
  assert.deepEqual(reads(requests.listOrders(100), [placed]), []);
  assert.deepEqual(reads(requests.listOrders(100), [{ ...placed, status: 'IN_PROGRESS' }]), ['I13']);
  assert.deepEqual(reads(requests.listTransactions(100), [{ id: 7 }]), []);
  assert.deepEqual(reads(requests.listTransactions(100), [{ id: 7 }, { id: 6 }]), ['I13']);
  assert.deepEqual(reads(requests.listNotifications(), [{ id: 1, status: 'SENT' }]), []);
  assert.deepEqual(reads(requests.listNotifications(), []), ['I13']);
});

test('nobody is told before it is so', () => {
  const became = { id: placed.id, from: 'IN_PROGRESS', to: 'SUCCESS', changed: false, atMs: 1_000 };
  assert.deepEqual(toldTooEarly([became], sound), []);
  assert.deepEqual(idsOf(toldTooEarly([{ ...became, atMs: 1_002 }], sound)), ['I15']);
  assert.deepEqual(idsOf(toldTooEarly([], sound)), ['I15']);
});

test('a mail about an order goes to its owner', () => {
  const buyers = [{ id: OWNER, person: { email: 'owner@example.org' } as never }];
  const mailTo = (...addresses: string[]) => [
    { subject: `Order ${placed.id} is paid`, to: addresses.map((address) => ({ address })) },
  ];
  assert.deepEqual(brokenMails(mailTo('owner@example.org'), sound, buyers), []);
  assert.deepEqual(idsOf(brokenMails(mailTo('nobody@example.org'), sound, buyers)), ['I15']);
  assert.deepEqual(idsOf(brokenMails(mailTo('owner@example.org', 'nobody@example.org'), sound, buyers)), ['I15']);
});

test('the ledger of another is recognised, and so is a session that is taken for none', () => {
  const [movement] = sound.movements;
  const seen = exchange(requests.listTransactions(10), { body: [{ id: 7, idempotencyKey: movement!.key }] });
  assert.deepEqual(brokenPrivacy([seen], sound), []);
  assert.deepEqual(idsOf(brokenPrivacy([seen], { ...sound, movements: [{ ...movement!, owner: STRANGER }] })), ['I22']);
  assert.deepEqual(
    idsOf(brokenAnswers([exchange(requests.readBalance(), refusal(401, 'unauthenticated'))], { faults: 1 })),
    ['I24'],
  );
});

test('a session that was left lets nobody in', () => {
  const of = (...exchanges: ReturnType<typeof exchange>[]) => idsOf(brokenPrivacy(exchanges, sound));
  const [leave, comeBack] = [requests.logout(), requests.readBalance()].map((asked) =>
    requests.withHeaders(asked, { cookie: 'session_id=a' }),
  );
  const back = (answer: Parameters<typeof exchange>[1]) => exchange(comeBack!, answer, { as: undefined });
  assert.deepEqual(
    of(back({}), exchange(leave!, {}), back(refusal(401, 'unauthenticated')), back(refusal(503, 'unavailable'))),
    [],
  );
  assert.deepEqual(of(exchange(leave!, refusal(503, 'unavailable')), back({})), []);
  assert.deepEqual(of(exchange(leave!, {}), back({})), ['I23']);
});
