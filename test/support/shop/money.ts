/** A billing store for the test file that imports this module. At the end balances must equal their ledgers. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { Client } from 'pg';
import type { Movement } from '../../../api/billing/movement.ts';
import { createBillingStore } from '../../../api/billing/store.ts';
import { createDatabase } from '../postgres/database.ts';

export const database = await createDatabase('billing');
export const store = createBillingStore(database);
export const session = new Client(database.url);
await session.connect();
after(async () => {
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

export const order = (ownerId: string, amount: number): Movement => ({
  ownerId,
  amount,
  scope: 'order',
  kind: 'withdrawal',
  key: randomUUID(),
});
export const deposit = (ownerId: string, amount: number): Movement => ({
  ownerId,
  amount,
  scope: 'client',
  kind: 'replenishment',
  key: randomUUID(),
});

/** Creates an account with `balance` and returns a charge for an order. */
export async function funded(balance: number, amount: number): Promise<Movement> {
  const ownerId = randomUUID();
  await store.replenish(deposit(ownerId, balance));
  return order(ownerId, amount);
}
