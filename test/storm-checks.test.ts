/** What a storm finds wrong with books and histories: each rule is seen to be broken once, and to hold. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';
import { brokenAnswers } from './storm/checks/answers.ts';
import type { Books, MovementRow, OrderRow } from './storm/checks/books.ts';
import { changed } from './storm/checks/digest.ts';
import { brokenLetters } from './storm/checks/letters.ts';
import { brokenMoves } from './storm/checks/moved.ts';
import { brokenAtRest } from './storm/checks/quiet.ts';
import { brokenReads } from './storm/checks/reads.ts';
import { withOutcome } from './storm/checks/resend.ts';
import { brokenHoldings } from './storm/checks/resources.ts';
import { foundIn, tellingWords } from './storm/checks/secrets.ts';
import { brokenAcross } from './storm/checks/snapshot.ts';
import { brokenPrivacy } from './storm/checks/strangers.ts';
import { brokenTransitions } from './storm/checks/transitions.ts';
import type { Violation } from './storm/checks/violation.ts';
import { brokenWorkflows } from './storm/checks/workflows.ts';
import * as requests from './storm/clients/requests.ts';
import { exchange, order, OWNER, placedAs, refusal, soundBooks, STRANGER } from './support/storm-history.ts';

const idsOf = (found: readonly Violation[]): string[] => [...new Set(found.map(({ invariant }) => invariant))];
const sound = soundBooks();
const [placed] = sound.orders as [OrderRow];
const [charge] = sound.movements as [MovementRow];
const [told] = sound.notifications;
const at = (more: Partial<Books>): string[] => idsOf(brokenAtRest({ ...sound, ...more }));

test('at rest an order is paid once at its price, or not at all, and its buyer was told of it', () => {
  assert.deepEqual(at({}), []);
  assert.deepEqual(at({ orders: [{ ...placed, status: 'IN_PROGRESS', firstStatus: null }] }), ['I8']);
  for (const movements of [
    [],
    [charge, charge],
    [{ ...charge, amount: -31 }],
    [{ ...charge, owner: STRANGER }],
    [{ ...charge, isCancelled: true }],
  ]) {
    assert.deepEqual(at({ movements }), ['I5']);
  }
  assert.deepEqual(at({ outcomes: [] }), ['I5']);
  const failed = {
    orders: [{ ...placed, status: 'FAILED', firstStatus: 'FAILED' }] as OrderRow[],
    notifications: [{ ...told!, event: 'OrderRejected' }],
  };
  assert.deepEqual(at(failed), ['I6']);
  assert.deepEqual(at({ ...failed, movements: [], outcomes: [{ ...sound.outcomes[0]!, outcome: 'DECLINED' }] }), []);
  for (const notifications of [
    [],
    [told!, told!],
    [{ ...told!, owner: STRANGER }],
    [{ ...told!, event: 'OrderRejected' }],
    [{ ...told!, status: 'PENDING' }],
  ]) {
    assert.deepEqual(at({ notifications }), ['I15']);
  }
});

test('at any moment a charge has its order, and a message an order that is final', () => {
  assert.deepEqual(brokenAcross(sound), []);
  assert.deepEqual(idsOf(brokenAcross({ ...sound, orders: [{ ...placed, owner: STRANGER }] })), ['I7']);
  assert.deepEqual(idsOf(brokenAcross({ ...sound, orders: [{ ...placed, status: 'IN_PROGRESS' }] })), ['I15']);
});

test('a status goes forward, and nothing else of an order changes', () => {
  const one = { id: placed.id, changed: false, atMs: 500 };
  const whole = [
    { ...one, from: null, to: 'IN_PROGRESS' },
    { ...one, from: 'IN_PROGRESS', to: 'SUCCESS' },
    { ...one, from: 'SUCCESS', to: 'SUCCESS' },
    { ...one, from: 'SUCCESS', to: 'CANCELLED' },
  ];
  assert.deepEqual(brokenTransitions(whole), []);
  for (const [from, to] of [
    [null, 'SUCCESS'],
    ['FAILED', 'SUCCESS'],
    ['SUCCESS', 'FAILED'],
    ['CANCELLED', 'SUCCESS'],
  ] as const) {
    assert.deepEqual(idsOf(brokenTransitions([{ ...one, from, to }])), ['I9']);
  }
  assert.deepEqual(idsOf(brokenTransitions([{ ...one, from: 'SUCCESS', to: 'SUCCESS', changed: true }])), ['I10']);
});

test('each order has a workflow that ended as it did, and each workflow its order', () => {
  const back = order({ status: 'CANCELLED', firstStatus: 'SUCCESS' });
  const ended = { id: orderWorkflowId(back.id), status: 'COMPLETED', result: 'SUCCESS' };
  const taken = { id: cancelWorkflowId(back.id), status: 'COMPLETED', result: 'CANCELLED' };
  assert.deepEqual(brokenWorkflows([ended, taken], { orders: [back] }), []);
  for (const workflows of [
    [ended],
    [taken],
    [ended, { id: taken.id, status: 'RUNNING' }],
    [{ ...ended, result: 'FAILED' }, taken],
  ]) {
    assert.deepEqual(idsOf(brokenWorkflows(workflows, { orders: [back] })), ['I8']);
  }
  assert.deepEqual(idsOf(brokenWorkflows([ended, taken], { orders: [] })), ['I8']);
});

test('money moves once under a key, as it was acknowledged, and not at all where it was refused', () => {
  const key = randomUUID();
  const asked = requests.deposit(key, 50);
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
    idsOf(brokenMoves(exchanges, { movements }));
  assert.deepEqual(of([exchange(asked), exchange(asked, made), exchange(asked, made)], [row]), []);
  assert.deepEqual([of([exchange(asked)], []), of([exchange(asked)], [row])], [[], []]);
  assert.deepEqual(of([exchange(asked, made)], []), ['I3']);
  assert.deepEqual(of([], [row]), ['I3']);
  assert.deepEqual(of([exchange(asked, refusal(401, 'unauthenticated'))], [row]), ['I3']);
  assert.deepEqual(
    of([exchange(asked, made), exchange(asked, { ...made, body: { ...made.body, balance: 100 } })], [row]),
    ['I12'],
  );
  assert.deepEqual(
    of([exchange(asked, made), exchange(requests.deposit(key, 51), refusal(409, 'in-progress'))], [row]),
    [],
  );
  assert.deepEqual(
    of([exchange(asked, made), exchange(requests.withdraw(key, 50), refusal(409, 'insufficient-funds'))], [row]),
    ['I12', 'I14'],
  );

  const withdrawal = { ...row, kind: 'withdrawal', amount: -50 } as const;
  assert.deepEqual(of([exchange(requests.withdraw(key, 50), refusal(409, 'insufficient-funds'))], [withdrawal]), [
    'I14',
  ]);
  assert.deepEqual(of([exchange(requests.withdraw(key, 50), made)], []), ['I13']);
});

test('a read sees what was acknowledged before it began', () => {
  const write = exchange(requests.createOrder(30, { ifMatch: 0 }), placedAs(placed));
  const cancelled = exchange(requests.cancelOrder(placed.id), { body: { id: placed.id } });
  const read = (status: number, body?: object) => exchange(requests.readOrder(placed.id), { status, body });
  const list = (body: object[], etag: string) => exchange(requests.listOrders(10), { headers: { etag }, body });
  const of = (...after: ReturnType<typeof exchange>[]) => idsOf(brokenReads([write, ...after], sound));
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

test('nobody sees what is another’s, can tell that it is there, or is taken for whom they claim to be', () => {
  const other = order({ owner: STRANGER });
  const books = { orders: [placed, other], notifications: [], movements: [{ ...charge, owner: STRANGER }] };
  const of = (...exchanges: ReturnType<typeof exchange>[]) => idsOf(brokenPrivacy(exchanges, books));
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
  assert.deepEqual(of(exchange(claiming, { status: 200, body: [] }, { as: undefined })), ['I23']);
  assert.deepEqual(of(exchange(claiming, refusal(401, 'unauthenticated'), { as: undefined })), []);
});

test('an answer is one that the contract has, and a failure one that a fault explains', () => {
  const failed = (status: number) => [exchange(requests.readBalance(), refusal(status, 'some-kind'))];
  assert.deepEqual(
    brokenAnswers([...failed(503), ...failed(404), exchange(requests.readBalance())], { faults: 1 }),
    [],
  );
  for (const bad of [
    failed(500),
    [exchange(requests.readBalance(), { status: 502 })],
    [exchange(requests.readBalance(), {}, { undocumented: 'a property too many' })],
  ]) {
    assert.deepEqual(idsOf(brokenAnswers(bad, { faults: 1 })), ['I24']);
  }
  for (const bad of [failed(503), [exchange(requests.readBalance())]])
    assert.deepEqual(idsOf(brokenAnswers(bad, { faults: 0 })), ['I24']);
});

test('what is personal or secret is found in whatever form, and nothing else', () => {
  const credentials = { username: 'name-abcdefghijkl', password: 'pass 0123456789abcdef' };
  const telling = tellingWords([
    exchange(requests.register(credentials), { status: 201 }),
    exchange(requests.login(credentials), { headers: { 'set-cookie': 'session_id=SeSsIoNtOkEn; Path=/' } }),
    exchange(requests.token(credentials), { body: { access_token: 'eyJhbGciOiJF.eyJzdWIiOiI.SiGnAtUrEoFtHeToKeN' } }),
  ]);
  const found = (text: string) => foundIn(text, telling);
  assert.deepEqual(found('password=pass%200123456789abcdef&x=SeSsIoNtOkEn'), ['0123456789abcdef', 'SeSsIoNtOkEn']);
  assert.deepEqual(found('"abcdefghijkl" eyJhbGciOiJF.x.SiGnAtUrEoFtHeToKeN'), ['abcdefghijkl', 'SiGnAtUrEoFtHeToKeN']);
  assert.deepEqual(found(`order ${placed.id} of ${OWNER} by the operation createProfile, eyJhbGciOiJF`), []);
});

test('exactly the poison is set aside, a table that has changed is named, and what is held on to is compared with the start', () => {
  assert.deepEqual(brokenLetters({ poison: ['a 0 1'], letters: ['a 0 1'] }), []);
  assert.deepEqual(idsOf(brokenLetters({ poison: ['a 0 1'], letters: [] })), ['I16']);
  assert.deepEqual(idsOf(brokenLetters({ poison: [], letters: ['a 0 1'] })), ['I16']);
  const digest = (content: string) => new Map([['orders.orders', content]]);
  assert.deepEqual(
    [changed('I17', digest('1'), digest('1'), 'it').length, changed('I17', digest('1'), digest('2'), 'it').length],
    [0, 1],
  );
  const holding = (count: number) => ({
    descriptors: { auth: count },
    sockets: {},
    heapMb: { auth: count },
    connections: {},
  });
  assert.deepEqual(
    [brokenHoldings(holding(50), holding(59)).length, brokenHoldings(holding(50), holding(61)).length],
    [0, 2],
  );
});

test('a request about money is sent again when it has an outcome, and once', () => {
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
    withOutcome(exchanges).map(({ asked }) => asked),
    [made, declined],
  );
});
