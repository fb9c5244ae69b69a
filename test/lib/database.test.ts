/** A failed statement keeps its connection; a failed connection is replaced. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createBillingStore } from '../../api/billing/store.ts';
import { databaseFault } from '../../lib/database-faults.ts';
import { openDatabase } from '../../lib/database.ts';
import { eventually } from '../support/eventually.ts';
import { startLink } from '../support/fakes/link.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';

let database: TestDatabase;

before(async () => {
  database = await createDatabase('billing');
});

after(() => database.close());

/** Runs `act` with a store that has one connection. `connection` returns the id of the process that serves it. */
async function withStore(
  act: (store: ReturnType<typeof createBillingStore>, connection: () => Promise<unknown>) => Promise<void>,
  url = database.url,
): Promise<void> {
  const one = openDatabase(url, { allowNonDurable: true, size: 1 });
  const store = createBillingStore(one);
  const adapter = await one.adapter.connect();
  await act(
    store,
    async () => (await adapter.queryRaw({ sql: 'select pg_backend_pid()', args: [], argTypes: [] })).rows[0]![0],
  );
  await store.close();
  await one.close();
}

test('a repeated key keeps the connection', () =>
  withStore(async (store, connection) => {
    const charge = { ownerId: randomUUID(), scope: 'order', kind: 'withdrawal', key: randomUUID(), amount: 5 } as const;
    const first = await connection();
    await store.withdraw(charge);
    assert.equal((await store.withdraw(charge)).replayed, true);
    assert.equal(await connection(), first);
  }));

test('a terminated connection is replaced', () =>
  withStore(async (store, connection) => {
    const first = await connection();
    await database.query('select pg_terminate_backend($1)', [first]);
    await store.balance(randomUUID()).catch(() => {});
    assert.equal(await store.balance(randomUUID()), 0);
    assert.notEqual(await connection(), first);
  }));

test('a connection without answers times out and is replaced', async () => {
  const { host } = new URL(database.url);
  const link = await startLink(host);
  await withStore(
    async (store) => {
      assert.equal(await store.balance(randomUUID()), 0);
      link.inject({ kind: 'black-hole' });
      let fault: unknown;
      void store.balance(randomUUID()).catch((error: unknown) => (fault = databaseFault(error)));
      await eventually(() => assert.equal(fault, 'unavailable'));
      link.heal();
      assert.equal(await store.balance(randomUUID()), 0);
    },
    database.url.replace(host, link.address),
  );
  link.close();
});

test('a connection whose transaction could not be rolled back is not used again', async (t) => {
  const { host } = new URL(database.url);
  const link = await startLink(host);
  const timeouts = { connectMs: 30_000, statementMs: 30_000, answerMs: 1_000 };
  const one = openDatabase(database.url.replace(host, link.address), { allowNonDurable: true, size: 1, timeouts });
  t.after(() => (link.close(), one.close()));
  const adapter = await one.adapter.connect();
  const pid = { sql: 'select pg_backend_pid()', args: [], argTypes: [] };
  const first = await eventually(() => adapter.queryRaw(pid));

  const transaction = await eventually(() => adapter.startTransaction());
  link.silence();
  for (const sql of ['select 1', 'rollback'])
    await assert.rejects(transaction.executeRaw({ sql, args: [], argTypes: [] }));
  await transaction.rollback();
  link.heal();
  const next = await eventually(() => adapter.queryRaw(pid));
  assert.notEqual(next.rows[0]![0], first.rows[0]![0]);
});
