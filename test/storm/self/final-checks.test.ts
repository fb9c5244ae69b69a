/**
 * The checks of cancellations, final reads, notifications and sessions: each finds violations and accepts valid data.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, order, OWNER, refusal, consistentRows, STRANGER } from '../../support/fakes/storm-history.ts';
import { checkCancellations } from '../checks/cancellations.i13-i14.ts';
import { checkFinalReads } from '../checks/final-reads.i13.ts';
import { checkMails } from '../checks/mails.i15.ts';
import { checkPrivacy } from '../checks/privacy.i22-i23.ts';
import { checkResponses } from '../checks/responses.i24.ts';
import type { OrderRow } from '../checks/rows.ts';
import { checkNotificationTimes } from '../checks/transitions.i9-i10-i15.ts';
import type { Violation } from '../checks/violation.ts';
import * as requests from '../clients/requests.ts';

const idsOf = (found: readonly Violation[]): string[] => [...new Set(found.map(({ invariant }) => invariant))];
const consistent = consistentRows();
const [placed] = consistent.orders as [OrderRow];

test('a cancelled order was requested by its owner, and the responses to cancellations are true', () => {
  const row = order({ status: 'CANCELLED', reason: 'buyer', cancelCause: 'buyer' });
  const request = requests.cancelOrder(row.id);
  const done = exchange(request, { body: { id: row.id, status: 'CANCELLED' } });
  const of = (stored: OrderRow, ...exchanges: ReturnType<typeof exchange>[]) =>
    idsOf(checkCancellations(exchanges, { orders: [stored] }));
  assert.deepEqual(of(row, done), []);
  assert.deepEqual(of(row, exchange(request)), []);
  assert.deepEqual(of(row), ['I14']);
  assert.deepEqual(of(row, exchange(request, refusal(404, 'no-such-order'))), ['I14']);
  assert.deepEqual(of(row, exchange(request, refusal(404, 'no-such-order'), { userId: STRANGER })), ['I14']);
  assert.deepEqual(of({ ...row, status: 'SUCCESS', cancelCause: null }, done), ['I13']);
  assert.deepEqual(
    of({ ...row, status: 'SUCCESS' }, exchange(request, { status: 202, body: { status: 'IN_PROGRESS' } })),
    ['I13'],
  );
  assert.deepEqual(
    of({ ...row, status: 'SUCCESS', cancelCause: null }, exchange(request, refusal(409, 'not-cancellable'))),
    ['I13'],
  );
  assert.deepEqual(of({ ...row, status: 'FAILED' }, exchange(request, refusal(409, 'not-cancellable'))), []);
});

test('final reads return what the databases hold', () => {
  const reads = (request: Parameters<typeof exchange>[0], body: unknown) =>
    idsOf(checkFinalReads([exchange(request, { body })], consistent));
  assert.deepEqual(reads(requests.readBalance(), { amount: 0 }), []);
  assert.deepEqual(reads(requests.readBalance(), { amount: 777 }), ['I13']);
  assert.deepEqual(reads(requests.listOrders(100), [placed]), []);
  assert.deepEqual(reads(requests.listOrders(100), [{ ...placed, status: 'IN_PROGRESS' }]), ['I13']);
  assert.deepEqual(reads(requests.listTransactions(100), [{ id: 7 }]), []);
  assert.deepEqual(reads(requests.listTransactions(100), [{ id: 7 }, { id: 6 }]), ['I13']);
  assert.deepEqual(reads(requests.listNotifications(), [{ id: 1, status: 'SENT' }]), []);
  assert.deepEqual(reads(requests.listNotifications(), []), ['I13']);
});

test('no notification is older than the status it reports', () => {
  const became = { id: placed.id, from: 'IN_PROGRESS', to: 'SUCCESS', changed: false, atMs: 1_000 };
  assert.deepEqual(checkNotificationTimes([became], consistent), []);
  assert.deepEqual(idsOf(checkNotificationTimes([{ ...became, atMs: 1_002 }], consistent)), ['I15']);
  assert.deepEqual(idsOf(checkNotificationTimes([], consistent)), ['I15']);
});

test('a mail about an order goes to its owner only', () => {
  const buyers = [{ id: OWNER, person: { email: 'owner@example.org' } as never }];
  const mailTo = (...addresses: string[]) => [
    { subject: `Order ${placed.id} is paid`, to: addresses.map((address) => ({ address })) },
  ];
  assert.deepEqual(checkMails(mailTo('owner@example.org'), consistent, buyers), []);
  assert.deepEqual(idsOf(checkMails(mailTo('other@example.org'), consistent, buyers)), ['I15']);
  assert.deepEqual(idsOf(checkMails(mailTo('owner@example.org', 'other@example.org'), consistent, buyers)), ['I15']);
});

test('another buyer’s ledger is recognised, and a 401 for a valid session is found', () => {
  const [movement] = consistent.movements;
  const seen = exchange(requests.listTransactions(10), { body: [{ id: 7, idempotencyKey: movement!.key }] });
  assert.deepEqual(checkPrivacy([seen], consistent), []);
  assert.deepEqual(idsOf(checkPrivacy([seen], { ...consistent, movements: [{ ...movement!, owner: STRANGER }] })), [
    'I22',
  ]);
  assert.deepEqual(
    idsOf(checkResponses([exchange(requests.readBalance(), refusal(401, 'unauthenticated'))], { faults: 1 })),
    ['I24'],
  );
});

test('a session does not work after its logout', () => {
  const of = (...exchanges: ReturnType<typeof exchange>[]) => idsOf(checkPrivacy(exchanges, consistent));
  const [logOut, readAgain] = [requests.logout(), requests.readBalance()].map((request) =>
    requests.withHeaders(request, { cookie: 'session_id=a' }),
  );
  const afterLogout = (response: Parameters<typeof exchange>[1]) =>
    exchange(readAgain!, response, { userId: undefined });
  assert.deepEqual(
    of(
      afterLogout({}),
      exchange(logOut!, {}),
      afterLogout(refusal(401, 'unauthenticated')),
      afterLogout(refusal(503, 'unavailable')),
    ),
    [],
  );
  assert.deepEqual(of(exchange(logOut!, refusal(503, 'unavailable')), afterLogout({})), []);
  assert.deepEqual(of(exchange(logOut!, {}), afterLogout({})), ['I23']);
});
