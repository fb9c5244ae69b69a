/** Where deposits end: a balance is always told exactly, whatever is given back later. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { createBillingStore, type Kind, type Scope } from '../api/billing/store.ts';
import { createDatabase } from './support/database.ts';

const MOST = Number.MAX_SAFE_INTEGER;

const database = await createDatabase('billing');
const store = createBillingStore(database);
after(async () => {
  await store.close();
  await database.close();
});

/** Somebody whose account is full. */
async function fullAccount() {
  const ownerId = randomUUID();
  const move = (scope: Scope, kind: Kind, amount: number) => ({ ownerId, scope, kind, amount, key: randomUUID() });
  const deposit = async (amount: number) => (await store.replenish(move('client', 'replenishment', amount))).outcome;
  assert.equal(await deposit(MOST), 'CREDITED');
  return { ownerId, deposit, withdrawal: (scope: Scope, amount: number) => move(scope, 'withdrawal', amount), balance: () => store.balance(ownerId) };
}

test('a deposit that would take the balance beyond what can be told exactly is declined', async () => {
  const account = await fullAccount();
  assert.deepEqual([await account.deposit(1), await account.balance()], ['DECLINED', MOST]);
});

test('a deposit leaves room for what an order could give back', async () => {
  const account = await fullAccount();
  const charge = account.withdrawal('order', MOST);
  await store.withdraw(charge);
  assert.deepEqual([await account.deposit(1), await account.balance()], ['DECLINED', 0]);
  await store.cancel(charge, 'buyer');
  assert.equal(await account.balance(), MOST);
  await store.withdraw(account.withdrawal('client', 5));
  assert.deepEqual([await account.deposit(6), await account.deposit(5)], ['DECLINED', 'CREDITED']);
});

test('what a buyer has withdrawn leaves room for deposits', async () => {
  const account = await fullAccount();
  await store.withdraw(account.withdrawal('client', 5));
  assert.deepEqual([await account.deposit(5), await account.balance()], ['CREDITED', MOST]);
});
