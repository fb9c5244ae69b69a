/** Pairs of conflicting statements in two sessions leave one outcome per key, with a real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { blocked, heldStatement } from '../../support/postgres/sessions.ts';
import { database, deposit, funded, session, store } from '../../support/shop/money.ts';

// In each test the first session has run its statement, but not committed, when the second one starts.
for (const commit of [true, false]) {
  const how = commit ? 'commits' : 'is rolled back';

  test(`charge/charge: the second waits, the first ${how}, and one charge remains`, async () => {
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

  test(`cancel/charge: the tombstone ${how}, and the charge ${commit ? 'is refused' : 'succeeds'}`, async () => {
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

  test(`refund/refund: the first ${how}, and the money is refunded once`, async () => {
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
