/** Poolers between us and Postgres: a session pooler works, and a transaction pooler is refused. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { databaseFault } from '../../lib/database-faults.ts';
import { startDatabase } from '../../lib/database-start.ts';
import { openDatabase, type Database } from '../../lib/database.ts';
import { createLog } from '../../lib/log.ts';
import { startPooler } from '../support/fakes/pooler.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';

const MUST_BE_SESSION = /PgBouncer must use session pooling/;
const options = { allowNonDurable: true, log: createLog('silent') };
let direct: TestDatabase;

before(async () => {
  direct = await createDatabase('billing');
});
after(() => direct.close());

test('through a session pooler every connection has our settings, and none of them is in the startup packet', async (t) => {
  const pooler = await startPooler(direct.url, 'session');
  const database = await startDatabase(pooler.url, options);
  t.after(async () => (await database.close(), pooler.close()));
  const adapter = await database.adapter.connect();
  const setting = { sql: `select current_setting('statement_timeout')`, args: [], argTypes: [] };
  const answers = await Promise.all(Array.from({ length: 20 }, () => adapter.queryRaw(setting)));
  for (const { rows } of answers) assert.deepEqual(rows, [['2500ms']]);
  for (let n = 0; n < 10; n++) await database.check();
  assert.deepEqual([...pooler.parameters].sort(), ['client_encoding', 'database', 'user']);
});

test('a start through a transaction pooler is refused, and the reason says what to set', async (t) => {
  const pooler = await startPooler(direct.url, 'transaction');
  t.after(() => pooler.close());
  await assert.rejects(startDatabase(pooler.url, options), MUST_BE_SESSION);
});

test('a pooler that changes to transaction pooling later makes the role unready', async (t) => {
  const pooler = await startPooler(direct.url, 'session');
  const database = await startDatabase(pooler.url, options);
  t.after(async () => (await database.close(), pooler.close()));
  pooler.setMode('transaction');
  await assert.rejects(database.check(), MUST_BE_SESSION);
});

test('if a URL sends a parameter that the pooler refuses, the reason names it', async (t) => {
  const pooler = await startPooler(direct.url, 'session');
  const database = openDatabase(`${pooler.url}?options=-c%20work_mem%3D64MB`);
  t.after(async () => (await database.close(), pooler.close()));
  await assert.rejects(
    database.check(),
    (error: Error) =>
      databaseFault(error) === 'unavailable' &&
      /refused a connection .*unsupported startup parameter: options/.test(error.message),
  );
});

const POOL = 6;

/** Uses `count` connections of the database's pool at the same time. */
async function occupy(database: Database, count: number): Promise<void> {
  const adapter = await database.adapter.connect();
  const slow = { sql: 'select 1 as one from pg_sleep(0.2)', args: [], argTypes: [] };
  await Promise.all(Array.from({ length: count }, () => adapter.queryRaw(slow)));
}

test('behind a pooler without a free connection for the probe, a role is ready and serves meanwhile', async (t) => {
  const pooler = await startPooler(direct.url, 'session');
  const database = await startDatabase(pooler.url, options);
  t.after(async () => (await database.close(), pooler.close()));
  await occupy(database, POOL);
  for (const limit of [() => pooler.setSize(POOL), () => pooler.setClientsMax(POOL)]) {
    limit();
    await Promise.all([database.check(), ...Array.from({ length: 3 }, () => occupy(database, POOL))]);
  }
});

test('while a probe waits for a new connection, it holds none of the pool', async (t) => {
  const pooler = await startPooler(direct.url, 'session');
  const database = openDatabase(pooler.url, { allowNonDurable: true, size: 1 });
  t.after(async () => (await database.close(), pooler.close()));
  await occupy(database, 1);
  pooler.setSize(1);
  const ended: string[] = [];
  const check = database.check().then(() => ended.push('check'));
  await pooler.waiting();
  await occupy(database, 1).then(() => ended.push('request'));
  await check;
  assert.deepEqual(ended, ['request', 'check']);
});

test('a pooler without a connection for the pool itself makes the role unready', async (t) => {
  const pooler = await startPooler(direct.url, 'session');
  const database = openDatabase(pooler.url, { allowNonDurable: true });
  t.after(async () => (await database.close(), pooler.close()));
  pooler.setClientsMax(0);
  await assert.rejects(database.check(), /no more connections allowed/);
});

test('a pooler that refuses new connections for a password makes the role unready', async (t) => {
  const pooler = await startPooler(direct.url, 'session');
  const database = await startDatabase(pooler.url, options);
  t.after(async () => (await database.close(), pooler.close()));
  pooler.refuse('password authentication failed');
  await assert.rejects(database.check(), /password authentication failed/);
});

test('a role whose login may have no more connections stays ready', async (t) => {
  const role = `role_${randomBytes(4).toString('hex')}`;
  await direct.query(`create role ${role} login password 'only' connection limit 1`);
  await direct.query(`grant all on all tables in schema public to ${role}`);
  await direct.query(`grant all on all sequences in schema public to ${role}`);
  const url = Object.assign(new URL(direct.url), { username: role, password: 'only' });
  const database = openDatabase(url.href, { allowNonDurable: true, size: 1 });
  t.after(() => database.close());
  await database.check();
});
