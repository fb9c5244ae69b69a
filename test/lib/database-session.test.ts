/** What a role, a database or a server sets for its sessions does not reach our statements. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDatabase } from '../../lib/database.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';

let database: TestDatabase;

before(async () => {
  database = await createDatabase('billing');
  for (const setting of [
    "timezone = 'Asia/Kathmandu'",
    "datestyle = 'German, DMY'",
    "intervalstyle = 'sql_standard'",
    "default_transaction_isolation = 'repeatable read'",
    "statement_timeout = '1s'",
    "lock_timeout = '1s'",
  ])
    await database.query(`alter database ${new URL(database.url).pathname.slice(1)} set ${setting}`);
});
after(() => database.close());

test('every connection has our settings', async () => {
  const opened = openDatabase(database.url, { size: 1 });
  const adapter = await opened.adapter.connect();
  const { rows } = await adapter.queryRaw({
    sql: `select current_setting('timezone'), current_setting('datestyle'), current_setting('intervalstyle'),
      current_setting('transaction_isolation'), current_setting('statement_timeout'), current_setting('lock_timeout')`,
    args: [],
    argTypes: [],
  });
  assert.deepEqual(rows, [['UTC', 'ISO, MDY', 'postgres', 'read committed', '2500ms', '0']]);
  await adapter.dispose();
  await opened.close();
});
