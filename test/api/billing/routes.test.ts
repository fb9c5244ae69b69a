/** Billing's answers to buyers and services. Each is checked against the contract. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createBillingStore } from '../../../api/billing/store.ts';
import { openDatabase } from '../../../lib/database.ts';
import { asUser } from '../../support/requests/callers.ts';
import { createContractClient, outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { startPayments, under, worker, type Payments } from '../../support/shop/payments.ts';

let payments: Payments;

before(async () => {
  payments = await startPayments();
});

after(() => payments.close());

const amountOf = async (userId: string): Promise<number> => (await payments.balance(userId)).body.amount;
const summaryOf = (answer: Answer) => [outcomeOf(answer), answer.headers.get('idempotent-replayed')];

test('a buyer without an account has balance 0, and an account is opened once', async () => {
  const buyer = randomUUID();
  assert.deepEqual((await payments.balance(buyer)).body, { userId: buyer, amount: 0 });
  assert.deepEqual((await payments.ledger(buyer)).body, []);
  const answers = [await payments.open(worker, buyer.toUpperCase()), await payments.open(worker, buyer)];
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    [201, 200].map((status) => [status, { userId: buyer, amount: 0 }]),
  );
});

test('a deposit returns its transaction and the new balance, and a repeat returns the same', async () => {
  const buyer = await payments.buyerWith(10);
  const key = randomUUID();
  const first = await payments.replenish(
    { ...asUser(buyer), ...under(key) },
    { amount: 5, userId: buyer.toUpperCase() },
  );
  assert.deepEqual(
    [...summaryOf(first), first.body],
    ['201', null, { transactionId: first.body.transactionId, amount: 5, balance: 15 }],
  );
  await payments.withdraw({ ...asUser(buyer), ...under(randomUUID()) }, { amount: 15 });
  const again = await payments.replenish({ ...asUser(buyer), ...under(`"${key.toUpperCase()}"`) }, { amount: 5 });
  assert.deepEqual([...summaryOf(again), again.body], ['201', 'true', first.body]);
  assert.equal(await amountOf(buyer), 0);
});

test('a declined withdrawal stays declined under its key after a top-up', async () => {
  const buyer = await payments.buyerWith(10);
  const headers = { ...asUser(buyer), ...under(randomUUID()) };
  assert.deepEqual(summaryOf(await payments.withdraw(headers, { amount: 11 })), ['409 insufficient-funds', null]);
  await payments.replenish({ ...asUser(buyer), ...under(randomUUID()) }, { amount: 100 });
  assert.deepEqual(summaryOf(await payments.withdraw(headers, { amount: 11 })), ['409 insufficient-funds', 'true']);
  assert.equal(await amountOf(buyer), 110);
});

test('a deposit above the balance limit is refused for good', async () => {
  const buyer = await payments.buyerWith(Number.MAX_SAFE_INTEGER);
  const headers = { ...asUser(buyer), ...under(randomUUID()) };
  assert.deepEqual(summaryOf(await payments.replenish(headers, { amount: 1 })), ['409 balance-limit', null]);
  assert.deepEqual(summaryOf(await payments.replenish(headers, { amount: 1 })), ['409 balance-limit', 'true']);
});

test('a key with another amount or kind is refused without an effect', async () => {
  const buyer = await payments.buyerWith(10);
  const headers = { ...asUser(buyer), ...under(randomUUID()) };
  await payments.withdraw(headers, { amount: 5 });
  for (const answer of [
    await payments.withdraw(headers, { amount: 4 }),
    await payments.replenish(headers, { amount: 5 }),
  ]) {
    assert.equal(outcomeOf(answer), '422 key-reused');
  }
  assert.equal(await amountOf(buyer), 5);
});

test("a service names the account, and its keys do not collide with the buyer's", async () => {
  const buyer = await payments.buyerWith(100);
  const key = randomUUID();
  await payments.withdraw({ ...asUser(buyer), ...under(key) }, { amount: 1 });
  const charge = await payments.withdraw({ ...worker, ...under(key) }, { amount: 30, userId: buyer.toUpperCase() });
  assert.deepEqual([...summaryOf(charge), charge.body.balance], ['201', null, 69]);
  assert.deepEqual(
    (await payments.ledger(buyer, '?limit=2')).body.map(({ amount, scope, idempotencyKey }: any) => [
      amount,
      scope,
      idempotencyKey,
    ]),
    [
      [-30, 'order', key],
      [-1, 'client', key],
    ],
  );
  // The cancellation refunds the order's charge and leaves the buyer's own withdrawal under the same key as it is.
  assert.equal((await payments.cancel(worker, key, { userId: buyer, cause: 'buyer' })).body.outcome, 'REFUNDED');
  assert.equal(await amountOf(buyer), 99);
});

test('a cancelled charge is refunded once, keeps its first cause, and cannot be repeated', async () => {
  const buyer = await payments.buyerWith(100);
  const headers = { ...worker, ...under(randomUUID()) };
  await payments.withdraw(headers, { amount: 30, userId: buyer });
  const key = headers['idempotency-key'];
  const first = await payments.cancel(worker, key.toUpperCase(), { userId: buyer.toUpperCase(), cause: 'deadline' });
  const again = await payments.cancel(worker, key, { userId: buyer, cause: 'buyer' });
  assert.deepEqual(
    [first.body, again.body, again.headers.get('idempotent-replayed')],
    [{ outcome: 'REFUNDED', cause: 'deadline' }, { outcome: 'REFUNDED', cause: 'deadline' }, 'true'],
  );
  const late = await payments.withdraw(headers, { amount: 30, userId: buyer });
  assert.deepEqual(
    [...summaryOf(late), late.body.cause, await amountOf(buyer)],
    ['409 charge-cancelled', 'true', 'deadline', 100],
  );
  const [refunded] = (await payments.ledger(buyer)).body;
  assert.deepEqual([refunded.amount, refunded.isCancelled], [-30, true]);
});

test('a cancellation before the charge prevents the charge under its key', async () => {
  const buyer = await payments.buyerWith(100);
  const key = randomUUID();
  assert.deepEqual((await payments.cancel(worker, key, { userId: buyer, cause: 'operator' })).body, {
    outcome: 'CANCELLED',
    cause: 'operator',
  });
  const late = await payments.withdraw({ ...worker, ...under(key) }, { amount: 30, userId: buyer });
  assert.deepEqual(
    [...summaryOf(late), late.body.cause, await amountOf(buyer)],
    ['409 charge-cancelled', 'true', 'operator', 100],
  );
});

test('a declined charge stays declined after a cancellation', async () => {
  const buyer = randomUUID();
  const headers = { ...worker, ...under(randomUUID()) };
  assert.equal(outcomeOf(await payments.withdraw(headers, { amount: 1, userId: buyer })), '409 insufficient-funds');
  assert.deepEqual(
    (await payments.cancel(worker, headers['idempotency-key'], { userId: buyer, cause: 'buyer' })).body,
    { outcome: 'DECLINED' },
  );
});

test('a deposit by a service cannot be cancelled', async () => {
  const buyer = randomUUID();
  const headers = { ...worker, ...under(randomUUID()) };
  const deposit = await payments.replenish(headers, { amount: 5, userId: buyer });
  assert.deepEqual([...summaryOf(deposit), deposit.body.balance], ['201', null, 5]);
  assert.equal(
    outcomeOf(await payments.cancel(worker, headers['idempotency-key'], { userId: buyer, cause: 'operator' })),
    '422 key-reused',
  );
  assert.equal(await amountOf(buyer), 5);
});

test("a ledger lists its owner's movements, newest first, in pages", async () => {
  const buyer = await payments.buyerWith(1);
  for (const amount of [2, 3, 4]) await payments.replenish({ ...asUser(buyer), ...under(randomUUID()) }, { amount });
  const first = await payments.ledger(buyer, '?limit=3');
  const [, next] = /transactions(.+)>/.exec(first.headers.get('link')!)!;
  const last = await payments.ledger(buyer, next);
  assert.deepEqual(
    [first, last].map(({ body }) => body.map(({ amount }: any) => amount)),
    [[4, 3, 2], [1]],
  );
  assert.deepEqual(
    [last.headers.get('link'), (await payments.ledger(buyer, '?limit=4')).headers.get('link')],
    [null, null],
  );
  assert.deepEqual((await payments.ledger(randomUUID(), next)).body, []);
});

test('without its database billing responds with 503 and Retry-After', async () => {
  const unreachable = openDatabase('postgres://user:password@127.0.0.1:1/nothing');
  const service = await payments.serve(createBillingStore(unreachable));
  const ask = createContractClient(service.url);
  const headers = { ...asUser(randomUUID()), ...under(randomUUID()) };
  for (const answer of [
    await ask('withdraw', 'PUT', '/payments/withdrawals', { headers, body: { amount: 5 } }),
    await ask('readBalance', 'GET', '/payments', { headers }),
  ]) {
    assert.deepEqual([outcomeOf(answer), answer.headers.get('retry-after')], ['503 unavailable', '1']);
  }
  await service.close();
  await unreachable.close();
});
