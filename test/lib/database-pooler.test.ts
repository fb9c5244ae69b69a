/** Poolers between us and Postgres: a session pooler works, and a transaction pooler is refused. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { databaseFault } from '../../lib/database-faults.ts';
import { startDatabase } from '../../lib/database-start.ts';
import { openDatabase } from '../../lib/database.ts';
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
