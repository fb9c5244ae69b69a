/** Billing's answers while an account is locked. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { blocked, heldStatement } from '../../support/postgres/sessions.ts';
import { asUser } from '../../support/requests/callers.ts';
import { outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { startPayments, under, worker, type Payments } from '../../support/shop/payments.ts';

let payments: Payments;
let session: Client;

before(async () => {
  payments = await startPayments({ statementMs: 2_500 });
  session = new Client(payments.database.url);
  await session.connect();
});

after(async () => {
  await session.end();
  await payments.close();
});

const summaryOf = (answer: Answer) => [
  outcomeOf(answer),
  answer.headers.get('idempotent-replayed'),
  answer.headers.get('retry-after'),
];
const charge = (key: string, userId: string, amount: number) =>
  payments.withdraw({ ...worker, ...under(key) }, { amount, userId });
const deposit = (key: string, userId: string, amount: number) =>
  payments.replenish({ ...asUser(userId), ...under(key) }, { amount });
const cancel = (key: string, userId: string) => payments.cancel(worker, key, { userId, cause: 'deadline' });
const all = (requests: Array<() => Promise<Answer>>) => Promise.all(requests.map((request) => request()));

async function whileAccountIsHeld<T>(owner: string, act: () => Promise<T>): Promise<T> {
  await payments.database.query('begin');
  await payments.database.query('update billing_accounts set amount = amount where owner_id = $1', [owner]);
  try {
    return await act();
  } finally {
    await payments.database.query('rollback');
  }
}

test('requests for a locked account get 409 in-progress, and their retries take effect once', async () => {
  const buyer = await payments.buyerWith(100);
  const [charged, deposited, refunded] = [randomUUID(), randomUUID(), randomUUID()];
  await charge(refunded, buyer, 10);
  const requests = [
    () => charge(charged, buyer, 30),
    () => deposit(deposited, buyer, 5),
    () => cancel(refunded, buyer),
  ];
  const held = await whileAccountIsHeld(buyer, () => all(requests));
  assert.deepEqual(
    held.map(summaryOf),
    requests.map(() => ['409 in-progress', null, '1']),
  );
  assert.deepEqual((await all(requests)).map(summaryOf), [
    ['201', null, null],
    ['201', null, null],
    ['200', null, null],
  ]);
  assert.equal((await payments.balance(buyer)).body.amount, 75);
});

test('while a request runs, others under its key wait; then its repeats get its outcome', async () => {
  const [charged, credited] = [await payments.buyerWith(100), await payments.buyerWith(100)];
  const key = randomUUID();
  const first = await Promise.all([
    heldStatement(payments.database.url, (held) =>
      held.withdraw({ ownerId: charged, scope: 'order', key, kind: 'withdrawal', amount: 30 }),
    ),
    heldStatement(payments.database.url, (held) =>
      held.replenish({ ownerId: credited, scope: 'client', key, kind: 'replenishment', amount: 5 }),
    ),
  ]);
  const repeats = [
    () => charge(key, charged, 30),
    () => charge(key.toUpperCase(), charged.toUpperCase(), 30),
    () => deposit(key, credited, 5),
  ];
  const others = [() => charge(key, charged, 31), () => cancel(key, charged), () => deposit(randomUUID(), credited, 5)];
  const requests = [...repeats, ...others];
  assert.deepEqual(
    (await all(requests)).map(summaryOf),
    requests.map(() => ['409 in-progress', null, '1']),
  );
  const waiting = all(repeats);
  await blocked(session);
  await Promise.all(first.map((held) => held.end(true)));
  assert.deepEqual(
    (await waiting).map(summaryOf),
    repeats.map(() => ['201', 'true', null]),
  );
});

test('of equal requests that wait for an account, one acts when it is free, and all get its outcome', async () => {
  const buyer = await payments.buyerWith(100);
  const key = randomUUID();
  const waiting = await whileAccountIsHeld(buyer, async () => {
    const equal = all(Array.from({ length: 5 }, () => () => charge(key, buyer, 30)));
    await blocked(session);
    return { equal };
  });
  const answers = await waiting.equal;
  assert.deepEqual(
    answers.map(summaryOf).toSorted(),
    [null, 'true', 'true', 'true', 'true'].map((replayed) => ['201', replayed, null]),
  );
  assert.equal(new Set(answers.map(({ body }) => body.transactionId)).size, 1);
  assert.equal((await payments.balance(buyer)).body.amount, 70);
});

test('completed requests get their first answer again, even while the account is locked', async () => {
  const buyer = await payments.buyerWith(100);
  const stranger = randomUUID();
  const [charged, declined, deposited, refunded] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const requests = [
    () => charge(charged, buyer, 30),
    () => charge(declined, buyer, 1_000),
    () => deposit(deposited, buyer, 5),
    () => cancel(refunded, buyer),
    () => charge(charged, stranger, 30),
  ];
  await charge(refunded, buyer, 10);
  await all(requests);
  const again = await whileAccountIsHeld(buyer, () => all([...requests, () => charge(charged, buyer, 31)]));
  assert.deepEqual(again.map(summaryOf), [
    ['201', 'true', null],
    ['409 insufficient-funds', 'true', null],
    ['201', 'true', null],
    ['200', 'true', null],
    ['409 insufficient-funds', 'true', null],
    ['422 key-reused', null, null],
  ]);
});

test('a locked account leaves connections for others, and is answered before the worker gives up', async () => {
  const [held, other] = [await payments.buyerWith(100), await payments.buyerWith(100)];
  const [charged, deposited, refunded] = [randomUUID(), randomUUID(), randomUUID()];
  await charge(refunded, held, 10);
  const each = [() => charge(charged, held, 30), () => deposit(deposited, held, 5), () => cancel(refunded, held)];
  const answers = await whileAccountIsHeld(held, async () => {
    const startedMs = performance.now();
    const waiting = all([...each, ...each, ...each, ...each].flat());
    await blocked(session);
    assert.deepEqual(summaryOf(await charge(randomUUID(), other, 10)), ['201', null, null]);
    await waiting;
    // The worker gives up a request to billing after 4 s.
    assert.ok(performance.now() - startedMs < 4_000);
    return waiting;
  });
  assert.deepEqual(
    answers.map(summaryOf),
    Array.from({ length: 12 }, () => ['409 in-progress', null, '1']),
  );
  assert.deepEqual((await all(each)).map(summaryOf), [
    ['201', null, null],
    ['201', null, null],
    ['200', null, null],
  ]);
});
