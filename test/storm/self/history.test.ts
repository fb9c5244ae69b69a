/** The checks of the clients' history: each finds a violation, and accepts a valid history. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  consistentRows,
  exchange,
  order,
  OWNER,
  placedAs,
  refusal,
  STRANGER,
} from '../../support/fakes/storm-history.ts';
import { checkMovements } from '../checks/movements.i3-i12-i13-i14.ts';
import { checkPrivacy } from '../checks/privacy.i22-i23.ts';
import { checkReads } from '../checks/reads.i13.ts';
import { withOutcome } from '../checks/resend.i18.ts';
import { checkResponses } from '../checks/responses.i24.ts';
import type { MovementRow, OrderRow } from '../checks/rows.ts';
import { secretsIn, secretWords } from '../checks/secrets.i25.ts';
import type { Violation } from '../checks/violation.ts';
import * as requests from '../clients/requests.ts';

const idsOf = (found: readonly Violation[]): string[] => [...new Set(found.map(({ invariant }) => invariant))];
const consistent = consistentRows();
const [placed] = consistent.orders as [OrderRow];
const [charge] = consistent.movements as [MovementRow];

test('a movement is applied once per key, as acknowledged, and not at all if rejected', () => {
  const key = randomUUID();
  const request = requests.deposit(key, 50);
  const row: MovementRow = {
    id: 3,
    owner: OWNER,
    scope: 'client',
    key,
    kind: 'replenishment',
    amount: 50,
    isCancelled: false,
  };
  const made = { status: 201, body: { transactionId: 3, amount: 50, balance: 50 } };
  const of = (exchanges: ReturnType<typeof exchange>[], movements: MovementRow[]) =>
    idsOf(checkMovements(exchanges, { movements }));
  assert.deepEqual(of([exchange(request), exchange(request, made), exchange(request, made)], [row]), []);
  assert.deepEqual([of([exchange(request)], []), of([exchange(request)], [row])], [[], []]);
  assert.deepEqual(of([exchange(request, made)], []), ['I3']);
  assert.deepEqual(of([], [row]), ['I3']);
  assert.deepEqual(of([exchange(request, refusal(401, 'unauthenticated'))], [row]), ['I3']);
  assert.deepEqual(
    of([exchange(request, made), exchange(request, { ...made, body: { ...made.body, balance: 100 } })], [row]),
    ['I12'],
  );
  assert.deepEqual(
    of([exchange(request, made), exchange(requests.deposit(key, 51), refusal(409, 'in-progress'))], [row]),
    [],
  );
  assert.deepEqual(
    of([exchange(request, made), exchange(requests.withdraw(key, 50), refusal(409, 'insufficient-funds'))], [row]),
    ['I12', 'I14'],
  );

  const withdrawal = { ...row, kind: 'withdrawal', amount: -50 } as const;
  assert.deepEqual(of([exchange(requests.withdraw(key, 50), refusal(409, 'insufficient-funds'))], [withdrawal]), [
    'I14',
  ]);
  assert.deepEqual(of([exchange(requests.withdraw(key, 50), made)], []), ['I13']);
});

test('a read sees every write acknowledged before it started', () => {
  const write = exchange(requests.createOrder(30, { ifMatch: 0 }), placedAs(placed));
  const cancelled = exchange(requests.cancelOrder(placed.id), { body: { id: placed.id } });
  const read = (status: number, body?: object) => exchange(requests.readOrder(placed.id), { status, body });
  const list = (body: object[], etag: string) => exchange(requests.listOrders(10), { headers: { etag }, body });
  const of = (...after: ReturnType<typeof exchange>[]) => idsOf(checkReads([write, ...after], consistent));
  assert.deepEqual(of(read(200, placed), list([placed], '"1"')), []);
  for (const bad of [
    read(404),
    read(200, { ...placed, price: 31 }),
    list([], '"0"'),
    list([placed], '"0"'),
    list([{ ...placed, version: 3 }, placed], '"3"'),
  ]) {
    assert.deepEqual(of(bad), ['I13']);
  }
  assert.deepEqual(of(cancelled, read(200, placed)), ['I13']);
  assert.deepEqual(of(read(200, { ...placed, status: 'FAILED' })), ['I13']);
  const deposit = exchange(requests.deposit(randomUUID(), 5), { status: 201, body: { transactionId: 9 } });
  assert.deepEqual(of(deposit, exchange(requests.listTransactions(10), { body: [{ id: 9 }] })), []);
  assert.deepEqual(of(deposit, exchange(requests.listTransactions(10), { body: [{ id: 8 }] })), ['I13']);
});

test('no buyer sees another buyer’s data or its existence, and a claimed identity has no effect', () => {
  const other = order({ owner: STRANGER });
  const books = { orders: [placed, other], notifications: [], movements: [{ ...charge, owner: STRANGER }] };
  const of = (...exchanges: ReturnType<typeof exchange>[]) => idsOf(checkPrivacy(exchanges, books));
  const missing = exchange(requests.readOrder(randomUUID()), refusal(404, 'no-such-order'));
  assert.deepEqual(
    of(
      missing,
      exchange(requests.readOrder(other.id), refusal(404, 'no-such-order')),
      exchange(requests.listOrders(10), { body: [placed] }),
    ),
    [],
  );
  assert.deepEqual(of(exchange(requests.listOrders(10), { body: [other] })), ['I22']);
  assert.deepEqual(of(missing, exchange(requests.readOrder(other.id), refusal(403, 'forbidden'))), ['I22']);
  const claiming = requests.withHeaders(requests.listOrders(10), { 'x-user-id': STRANGER });
  assert.deepEqual(of(exchange(claiming, { body: [other] })), ['I23']);
  assert.deepEqual(of(exchange(claiming, { status: 200, body: [] }, { userId: undefined })), ['I23']);
  assert.deepEqual(of(exchange(claiming, refusal(401, 'unauthenticated'), { userId: undefined })), []);
});

test('a response matches the contract, and a failure is explained by a fault', () => {
  const failed = (status: number) => [exchange(requests.readBalance(), refusal(status, 'some-kind'))];
  assert.deepEqual(
    checkResponses([...failed(503), ...failed(404), exchange(requests.readBalance())], { faults: 1 }),
    [],
  );
  for (const bad of [
    failed(500),
    [exchange(requests.readBalance(), { status: 502 })],
    [exchange(requests.readBalance(), {}, { undocumented: 'a property too many' })],
  ]) {
    assert.deepEqual(idsOf(checkResponses(bad, { faults: 1 })), ['I24']);
  }
  for (const bad of [failed(503), [exchange(requests.readBalance())]])
    assert.deepEqual(idsOf(checkResponses(bad, { faults: 0 })), ['I24']);
});

test('secrets and personal data are found in any format, and nothing else is', () => {
  const credentials = { username: 'name-abcdefghijkl', password: 'pass 0123456789abcdef' };
  const secrets = secretWords([
    exchange(requests.register(credentials), { status: 201 }),
    exchange(requests.login(credentials), { headers: { 'set-cookie': 'session_id=SeSsIoNtOkEn; Path=/' } }),
    exchange(requests.token(credentials), { body: { access_token: 'eyJhbGciOiJF.eyJzdWIiOiI.SiGnAtUrEoFtHeToKeN' } }),
  ]);
  const found = (text: string) => secretsIn(text, secrets);
  assert.deepEqual(found('password=pass%200123456789abcdef&x=SeSsIoNtOkEn'), ['0123456789abcdef', 'SeSsIoNtOkEn']);
  assert.deepEqual(found('"abcdefghijkl" eyJhbGciOiJF.x.SiGnAtUrEoFtHeToKeN'), ['abcdefghijkl', 'SiGnAtUrEoFtHeToKeN']);
  assert.deepEqual(found(`order ${placed.id} of ${OWNER} by the operation createProfile, eyJhbGciOiJF`), []);
});

test('each money request with a stored outcome is resent once', () => {
  const [made, declined, refused] = [
    requests.deposit(randomUUID(), 5),
    requests.withdraw(randomUUID(), 5),
    requests.deposit(randomUUID(), 5),
  ];
  const exchanges = [
    exchange(made, { status: 201 }),
    exchange(made, { status: 201 }),
    exchange(declined, refusal(409, 'insufficient-funds')),
    exchange(refused, refusal(401, 'unauthenticated')),
    exchange(refused),
  ];
  assert.deepEqual(
    withOutcome(exchanges).map(({ request }) => request),
    [made, declined],
  );
});
