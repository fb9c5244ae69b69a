/** The money statements, with real sessions against a real Postgres. Whatever meets whatever, the ledger says what the balance says. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { createBillingStore, type Movement } from '../api/billing/store.ts';
import { createDatabase } from './support/database.ts';
import { blocked, heldStatement } from './support/sessions.ts';

const database = await createDatabase('billing');
const store = createBillingStore(database);
const session = new Client(database.url);
await session.connect();
after(async () => {
  // Whatever ran above: balance and ledger agree, and no key moved money twice.
  const { rows } = await session.query(`
    select a.owner_id from billing_accounts a
    where a.amount <> (select coalesce(sum(t.amount), 0) from transactions t where t.owner_id = a.owner_id and not t.is_cancelled)`);
  const { rows: twice } = await session.query(
    `select 1 from transactions group by owner_id, scope, idempotency_key having count(*) > 1`,
  );
  await session.end();
  await store.close();
  await database.close();
  assert.deepEqual([rows, twice], [[], []]);
});

test('a charge takes the money once, however often it is asked for', async () => {
  const charge = await funded(100, 30);
  const first = await store.withdraw(charge);
  const second = await store.withdraw(charge);
  assert.deepEqual([first.outcome, first.replayed, first.balanceAfter], ['CHARGED', false, 70]);
  assert.deepEqual(second, { ...first, replayed: true });
  assert.equal(await store.balance(charge.ownerId), 70);
});

test('a declined key stays declined after a top-up', async () => {
  const charge = await funded(10, 30);
  assert.equal((await store.withdraw(charge)).outcome, 'DECLINED');
  await store.replenish(deposit(charge.ownerId, 100));
  assert.equal((await store.withdraw(charge)).outcome, 'DECLINED');
  assert.equal(await store.balance(charge.ownerId), 110);
});

test('an owner without an account is declined, and stays so', async () => {
  const charge = order(randomUUID(), 5);
  assert.equal((await store.withdraw(charge)).outcome, 'DECLINED');
  await store.open(charge.ownerId);
  await store.replenish(deposit(charge.ownerId, 100));
  assert.equal((await store.withdraw(charge)).outcome, 'DECLINED');
});

test('a refund gives the money back once and keeps the first cause', async () => {
  const charge = await funded(100, 30);
  await store.withdraw(charge);
  const first = await store.cancel(charge, 'buyer');
  const second = await store.cancel(charge, 'deadline');
  assert.deepEqual(
    [first.outcome, first.cause, second.outcome, second.cause, second.replayed],
    ['REFUNDED', 'buyer', 'REFUNDED', 'buyer', true],
  );
  assert.equal((await store.withdraw(charge)).outcome, 'REFUNDED');
  assert.equal(await store.balance(charge.ownerId), 100);
});

test('a cancellation that comes first turns the late charge away', async () => {
  const charge = await funded(100, 30);
  assert.equal((await store.cancel(charge, 'deadline')).outcome, 'CANCELLED');
  assert.deepEqual([(await store.withdraw(charge)).outcome, await store.balance(charge.ownerId)], ['CANCELLED', 100]);
});

test('cancelling a declined charge leaves it declined', async () => {
  const charge = await funded(10, 30);
  await store.withdraw(charge);
  assert.equal((await store.cancel(charge, 'buyer')).outcome, 'DECLINED');
});

test('keys of buyers and keys of orders never meet', async () => {
  const charge = await funded(100, 30);
  await store.withdraw({ ...charge, scope: 'client' });
  assert.equal((await store.withdraw(charge)).replayed, false);
  assert.equal(await store.balance(charge.ownerId), 40);
});

// In each of these the first session has done its part and not committed when the second one begins.
for (const commit of [true, false]) {
  const how = commit ? 'commits' : 'is rolled back';

  test(`charge/charge: while the first is held, the second waits; the first ${how}, and one charge remains`, async () => {
    const charge = await funded(100, 30);
    const first = await heldStatement(database.url, (held) => held.withdraw(charge));
    const second = store.withdraw(charge);
    await blocked(session);
    await first.end(commit);
    assert.deepEqual(
      [(await second).outcome, (await second).replayed, await store.balance(charge.ownerId)],
      ['CHARGED', commit, 70],
    );
  });

  test(`charge/cancel: the charge ${how}, and no money is missing`, async () => {
    const charge = await funded(100, 30);
    const first = await heldStatement(database.url, (held) => held.withdraw(charge));
    const second = store.cancel(charge, 'deadline');
    await blocked(session);
    await first.end(commit);
    assert.deepEqual(
      [(await second).outcome, await store.balance(charge.ownerId)],
      [commit ? 'REFUNDED' : 'CANCELLED', 100],
    );
  });

  test(`cancel/charge: the tombstone ${how}, and the charge ${commit ? 'is turned away' : 'happens'}`, async () => {
    const charge = await funded(100, 30);
    const first = await heldStatement(database.url, (held) => held.cancel(charge, 'buyer'));
    const second = store.withdraw(charge);
    await blocked(session);
    await first.end(commit);
    assert.deepEqual(
      [(await second).outcome, await store.balance(charge.ownerId)],
      commit ? ['CANCELLED', 100] : ['CHARGED', 70],
    );
  });

  test(`decline/top-up/charge: the decline ${how}, and the key has one outcome`, async () => {
    const charge = await funded(10, 30);
    const first = await heldStatement(database.url, (held) => held.withdraw(charge));
    await store.replenish(deposit(charge.ownerId, 100));
    const second = store.withdraw(charge);
    await blocked(session);
    await first.end(commit);
    assert.deepEqual(
      [(await second).outcome, await store.balance(charge.ownerId)],
      commit ? ['DECLINED', 110] : ['CHARGED', 80],
    );
  });

  test(`refund/refund: the first ${how}, and the money comes back once`, async () => {
    const charge = await funded(100, 30);
    await store.withdraw(charge);
    const first = await heldStatement(database.url, (held) => held.cancel(charge, 'buyer'));
    const second = store.cancel(charge, 'operator');
    await blocked(session);
    await first.end(commit);
    assert.deepEqual(
      [(await second).outcome, (await second).cause, await store.balance(charge.ownerId)],
      ['REFUNDED', commit ? 'buyer' : 'operator', 100],
    );
  });

  test(`refund/charge: the refund ${how}, and its charge is not repeated`, async () => {
    const charge = await funded(100, 30);
    await store.withdraw(charge);
    const first = await heldStatement(database.url, (held) => held.cancel(charge, 'buyer'));
    const second = store.withdraw(charge);
    await blocked(session);
    await first.end(commit);
    assert.deepEqual(
      [(await second).outcome, await store.balance(charge.ownerId)],
      commit ? ['REFUNDED', 100] : ['CHARGED', 70],
    );
  });

  test(`deposit/deposit: the first ${how}, and the money is added once`, async () => {
    const money = deposit(randomUUID(), 30);
    const first = await heldStatement(database.url, (held) => held.replenish(money));
    const second = store.replenish(money);
    await blocked(session);
    await first.end(commit);
    assert.deepEqual(
      [(await second).outcome, (await second).replayed, await store.balance(money.ownerId)],
      ['CREDITED', commit, 30],
    );
  });
}

test('of 40 concurrent withdrawals of 10 from 100, ten are charged and the balance is 0', async () => {
  const { ownerId } = await funded(100, 1);
  const all = await Promise.all(Array.from({ length: 40 }, () => store.withdraw(order(ownerId, 10))));
  assert.equal(all.filter(({ outcome }) => outcome === 'CHARGED').length, 10);
  assert.equal(await store.balance(ownerId), 0);
});

test('of 40 concurrent withdrawals under one key, one is charged and all say so', async () => {
  const charge = await funded(100, 10);
  const all = await Promise.all(Array.from({ length: 40 }, () => store.withdraw(charge)));
  assert.deepEqual(
    [new Set(all.map(({ transactionId }) => transactionId)).size, all.filter(({ replayed }) => !replayed).length],
    [1, 1],
  );
  assert.equal(await store.balance(charge.ownerId), 90);
});

test('charges, repeats and cancellations of many keys at once end in one outcome for each key', async () => {
  const { ownerId } = await funded(1000, 1);
  const charges = Array.from({ length: 20 }, () => order(ownerId, 7));
  const seen = await Promise.all(
    charges.flatMap((charge) => [store.withdraw(charge), store.cancel(charge, 'buyer'), store.withdraw(charge)]),
  );
  assert.ok(
    seen.length === 60 && (await store.balance(ownerId)) === 1000,
    'every charge was cancelled, before or after it',
  );
});

const order = (ownerId: string, amount: number): Movement => ({
  ownerId,
  amount,
  scope: 'order',
  kind: 'withdrawal',
  key: randomUUID(),
});
const deposit = (ownerId: string, amount: number): Movement => ({
  ownerId,
  amount,
  scope: 'client',
  kind: 'replenishment',
  key: randomUUID(),
});

/** An order's charge against an account that holds `balance`. */
async function funded(balance: number, amount: number): Promise<Movement> {
  const ownerId = randomUUID();
  await store.replenish(deposit(ownerId, balance));
  return order(ownerId, amount);
}
