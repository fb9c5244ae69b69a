/** The checks within one database, run on Postgres: each statement finds its violation, and none in valid rows. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { createDatabase, type TestDatabase } from '../../support/postgres/database.ts';
import { insertOrder } from '../../support/postgres/rows.ts';
import { checkWithinDatabases } from '../checks/databases.i1-i2-i4-i7-i10-i12-i15.ts';
import { checkUnchanged, digestOf } from '../checks/digest.i17-i18.ts';
import { checkTransitions, readTransitions, recordTransitions } from '../checks/transitions.i9-i10-i15.ts';
import type { Databases } from '../world/databases.ts';

let billing: TestDatabase;
let orders: TestDatabase;
let databases: Databases;
const owner = randomUUID();

before(async () => {
  [billing, orders] = await Promise.all([createDatabase('billing'), createDatabase('orders')]);
  databases = { billing: billing.query, orders: orders.query } as unknown as Databases;
  await recordTransitions(databases);
  // Drop the constraints that would prevent the violations.
  await billing.query(
    `alter table transactions drop constraint transactions_owner_id_fkey, drop constraint transactions_sign`,
  );
  await billing.query('alter table billing_accounts drop constraint billing_accounts_amount_check');
  await orders.query('drop trigger orders_only_forward on orders');
});
beforeEach(async () => {
  await billing.query('truncate billing_accounts, transactions, outcomes cascade');
  await orders.query('truncate orders, storm.transitions');
});
after(() => Promise.all([billing.close(), orders.close()]));

const found = async () => (await checkWithinDatabases(databases)).map(({ invariant }) => invariant);
const account = (amount: number) =>
  billing.query('insert into billing_accounts (owner_id, amount) values ($1, $2)', [owner, amount]);
interface More {
  kind?: string;
  scope?: string;
  key?: string;
  isCancelled?: boolean;
}
const movement = (
  amount: number,
  { kind = 'withdrawal', scope = 'order', key = randomUUID(), isCancelled = false }: More = {},
) =>
  billing.query(
    'insert into transactions (owner_id, scope, idempotency_key, kind, amount, is_cancelled) values ($1, $2, $3, $4, $5, $6)',
    [owner, scope, key, kind, amount, isCancelled],
  );

test('a balance that is the sum of the non-cancelled movements is accepted', async () => {
  await account(20);
  await movement(50, { kind: 'replenishment', scope: 'client' });
  await movement(-30);
  await movement(-10, { isCancelled: true });
  assert.deepEqual(await found(), []);
});

test('a wrong balance, and a movement without an account, are found', async () => {
  await account(20);
  assert.deepEqual(await found(), ['I1']);
  await billing.query('truncate billing_accounts cascade');
  await movement(-30, { isCancelled: true });
  assert.deepEqual(await found(), ['I1']);
});

test('a negative balance, and an amount with the wrong sign, are found', async () => {
  await account(-30);
  await movement(-30);
  assert.deepEqual(await found(), ['I2']);
  await billing.query('update billing_accounts set amount = 0');
  await billing.query('truncate transactions cascade');
  await movement(-30, { kind: 'replenishment', isCancelled: true });
  assert.deepEqual(await found(), ['I2']);
});

test('two movements under one key are found, even if one of them was cancelled', async () => {
  await account(0);
  for (const [scope, invariant] of [
    ['order', 'I4'],
    ['client', 'I12'],
  ] as const) {
    await billing.query('truncate transactions cascade');
    const key = randomUUID();
    await movement(-30, { key, scope, isCancelled: true });
    await movement(-30, { key, scope });
    await movement(30, { kind: 'replenishment', scope: 'client' });
    assert.deepEqual(await found(), [invariant]);
  }
});

test('a gap in the list versions is found', async () => {
  await insertOrder(orders, { ownerId: owner, version: 1 });
  assert.deepEqual(await found(), []);
  await insertOrder(orders, { ownerId: owner, version: 3 });
  assert.deepEqual(await found(), ['I10']);
});

test('every change of an order is recorded, even one made directly in the database', async () => {
  const id = await insertOrder(orders, { ownerId: owner });
  await orders.query(`update orders set status = 'SUCCESS', first_status = 'SUCCESS' where id = $1`, [id]);
  assert.deepEqual(checkTransitions(await readTransitions(databases)), []);
  await orders.query(`update orders set status = 'FAILED' where id = $1`, [id]);
  await orders.query('update orders set price = 31 where id = $1', [id]);
  assert.deepEqual(
    checkTransitions(await readTransitions(databases)).map(({ invariant }) => invariant),
    ['I9', 'I10'],
  );
});

test('a digest depends on the rows of one table, not on their order', async () => {
  const digest = () => digestOf(databases, ['billing']);
  await account(0);
  const [one, other] = [randomUUID(), randomUUID()];
  await movement(-30, { key: one });
  await movement(-40, { key: other });
  const before = await digest();
  await billing.query('update transactions set amount = amount where idempotency_key = $1', [one]);
  assert.deepEqual(checkUnchanged('I17', before, await digest(), 'nothing'), []);
  await billing.query('update transactions set amount = -31 where idempotency_key = $1', [one]);
  assert.deepEqual(
    checkUnchanged('I17', before, await digest(), 'it').map(({ what }) => what.split(':')[0]),
    ['it changed billing.transactions'],
  );
});
