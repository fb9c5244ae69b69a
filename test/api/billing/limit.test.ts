/** The limit of deposits keeps every balance an exact JavaScript number, even after later refunds. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { Client } from 'pg';
import type { Kind, Scope } from '../../../api/billing/movement.ts';
import { createBillingStore } from '../../../api/billing/store.ts';
import { createDatabase, createScripted } from '../../support/postgres/database.ts';

const MOST = Number.MAX_SAFE_INTEGER;

const database = await createDatabase('billing');
const store = createBillingStore(database);
after(async () => {
  await store.close();
  await database.close();
});

/** Creates an account with the maximum balance. */
async function fullAccount() {
  const ownerId = randomUUID();
  const move = (scope: Scope, kind: Kind, amount: number) => ({ ownerId, scope, kind, amount, key: randomUUID() });
  const deposit = async (amount: number) => (await store.replenish(move('client', 'replenishment', amount))).outcome;
  assert.equal(await deposit(MOST), 'CREDITED');
  return {
    ownerId,
    deposit,
    withdrawal: (scope: Scope, amount: number) => move(scope, 'withdrawal', amount),
    balance: () => store.balance(ownerId),
  };
}

test('a deposit that would raise the balance above the largest exact number is declined', async () => {
  const account = await fullAccount();
  assert.deepEqual([await account.deposit(1), await account.balance()], ['DECLINED', MOST]);
});

test('a deposit leaves room for the possible refund of an order', async () => {
  const account = await fullAccount();
  const charge = account.withdrawal('order', MOST);
  await store.withdraw(charge);
  assert.deepEqual([await account.deposit(1), await account.balance()], ['DECLINED', 0]);
  await store.cancel(charge, 'buyer');
  assert.equal(await account.balance(), MOST);
  await store.withdraw(account.withdrawal('client', 5));
  assert.deepEqual([await account.deposit(6), await account.deposit(5)], ['DECLINED', 'CREDITED']);
});

test("a buyer's own withdrawal makes room for deposits", async () => {
  const account = await fullAccount();
  await store.withdraw(account.withdrawal('client', 5));
  assert.deepEqual([await account.deposit(5), await account.balance()], ['CREDITED', MOST]);
});

test('the migration reserves room for the possible refunds of existing accounts', async () => {
  const [init, refundable] = await Promise.all(
    ['20261122000000_init', '20261122220000_refundable'].map((name) =>
      readFile(`prisma/billing/migrations/${name}/migration.sql`, 'utf8'),
    ),
  );
  const [ordered, idle] = [randomUUID(), randomUUID()];
  const url = await createScripted(`${init};
    insert into billing_accounts (owner_id, amount) values ('${ordered}', 60), ('${idle}', 7);
    insert into transactions (owner_id, scope, idempotency_key, kind, amount, is_cancelled) values
      ('${ordered}', 'client', gen_random_uuid(), 'replenishment', 100, false),
      ('${ordered}', 'client', gen_random_uuid(), 'withdrawal', -10, false),
      ('${ordered}', 'order', gen_random_uuid(), 'withdrawal', -30, false),
      ('${ordered}', 'order', gen_random_uuid(), 'withdrawal', -5, true),
      ('${idle}', 'client', gen_random_uuid(), 'replenishment', 7, false);
    ${refundable}`);
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query('select owner_id as owner, refundable::integer from billing_accounts');
  await client.end();
  assert.deepEqual(
    new Map(rows.map(({ owner, refundable: room }) => [owner, room])),
    new Map([
      [ordered, 30],
      [idle, 0],
    ]),
  );
});
