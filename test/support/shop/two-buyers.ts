/** A shop with two buyers for the test file that imports this module. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { createContractClient } from '../requests/contract-client.ts';
import { createBuyer } from './buyer.ts';
import { startShop } from './shop.ts';

export const shop = await startShop();
after(() => shop.stop());

export const anonymous = createContractClient(shop.url);
export const [ada, eve] = await Promise.all([
  createBuyer(shop.url, { balance: 100 }),
  createBuyer(shop.url, { balance: 100 }),
]);

async function rows(): Promise<unknown[]> {
  const of = (service: 'orders' | 'billing', table: string) =>
    shop.databases[service].query(`select * from ${table} where owner_id = any($1) order by owner_id, 2`, [
      [ada.id, eve.id],
    ]);
  return Promise.all([
    of('orders', 'orders'),
    of('billing', 'billing_accounts'),
    of('billing', 'transactions'),
    of('billing', 'outcomes'),
  ]);
}

export async function changingNothing(act: () => Promise<void>): Promise<void> {
  const before = await rows();
  await act();
  assert.deepEqual(await rows(), before);
}

export const money = () => ({ 'idempotency-key': randomUUID() });
export const emptyList = { 'if-match': '0' };
