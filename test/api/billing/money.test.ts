/** Each key moves money once, and concurrent requests never overdraw an account, with a real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { deposit, funded, order, store } from '../../support/shop/money.ts';

test('a repeated charge takes the money once', async () => {
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

test('a charge without an account is declined, and stays declined after a top-up', async () => {
  const charge = order(randomUUID(), 5);
  assert.equal((await store.withdraw(charge)).outcome, 'DECLINED');
  await store.open(charge.ownerId);
  await store.replenish(deposit(charge.ownerId, 100));
  assert.equal((await store.withdraw(charge)).outcome, 'DECLINED');
});

test('a repeated refund returns the money once and keeps the first cause', async () => {
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

test('a cancellation before the charge prevents the charge', async () => {
  const charge = await funded(100, 30);
  assert.equal((await store.cancel(charge, 'deadline')).outcome, 'CANCELLED');
  assert.deepEqual([(await store.withdraw(charge)).outcome, await store.balance(charge.ownerId)], ['CANCELLED', 100]);
});

test('cancelling a declined charge leaves it declined', async () => {
  const charge = await funded(10, 30);
  await store.withdraw(charge);
  assert.equal((await store.cancel(charge, 'buyer')).outcome, 'DECLINED');
});

test('equal keys of a buyer and of an order do not collide', async () => {
  const charge = await funded(100, 30);
  await store.withdraw({ ...charge, scope: 'client' });
  assert.equal((await store.withdraw(charge)).replayed, false);
  assert.equal(await store.balance(charge.ownerId), 40);
});

test('of 40 concurrent withdrawals of 10 from 100, ten are charged and the balance is 0', async () => {
  const { ownerId } = await funded(100, 1);
  const all = await Promise.all(Array.from({ length: 40 }, () => store.withdraw(order(ownerId, 10))));
  assert.equal(all.filter(({ outcome }) => outcome === 'CHARGED').length, 10);
  assert.equal(await store.balance(ownerId), 0);
});

test('of 40 concurrent withdrawals under one key, one is charged and all return it', async () => {
  const charge = await funded(100, 10);
  const all = await Promise.all(Array.from({ length: 40 }, () => store.withdraw(charge)));
  assert.deepEqual(
    [new Set(all.map(({ transactionId }) => transactionId)).size, all.filter(({ replayed }) => !replayed).length],
    [1, 1],
  );
  assert.equal(await store.balance(charge.ownerId), 90);
});

test('concurrent charges, repeats and cancellations of 20 keys take no money', async () => {
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
