/** A migration changes a column while old plans for it exist. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { databaseFault, isStalePlan } from '../../lib/database-faults.ts';
import { openDatabase } from '../../lib/database.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';

let database: TestDatabase;
const CONNECTIONS = 4;
const statement = (sql: string) => ({ sql, args: [], argTypes: [] });
const readAll = statement('select *, pg_backend_pid() from migrated');

before(async () => {
  database = await createDatabase('billing');
});
after(() => database.close());

/** A pool whose connections have all planned the same statement. */
async function planned(t: TestContext) {
  await database.query('drop table if exists migrated');
  await database.query('create table migrated as select 1 as amount');
  const opened = openDatabase(database.url, { allowNonDurable: true, size: CONNECTIONS });
  t.after(() => opened.close());
  const adapter = await opened.adapter.connect();
  const open = await Promise.all(Array.from({ length: CONNECTIONS }, () => adapter.startTransaction()));
  for (const transaction of open) {
    await transaction.queryRaw(readAll);
    await transaction.executeRaw(statement('commit'));
    await transaction.commit();
  }
  return adapter;
}

const migrate = () => database.query('alter table migrated alter column amount type bigint');

test('statements with a stale plan run again', async (t) => {
  const adapter = await planned(t);
  await migrate();
  const answers = await Promise.all(Array.from({ length: 3 * CONNECTIONS }, () => adapter.queryRaw(readAll)));
  for (const { rows } of answers) assert.equal(rows[0]![0], '1');
});

test('a transaction with a stale plan has no effect, and the next one has new plans on every connection', async (t) => {
  const adapter = await planned(t);
  await migrate();
  const first = await adapter.startTransaction();
  await first.executeRaw(statement('insert into migrated values (2)'));
  await assert.rejects(
    first.queryRaw(readAll),
    (error) => isStalePlan(error) && databaseFault(error) === 'unavailable',
  );
  await first.executeRaw(statement('rollback'));
  await first.rollback();
  const open = await Promise.all(Array.from({ length: CONNECTIONS }, () => adapter.startTransaction()));
  for (const transaction of open) {
    assert.equal((await transaction.queryRaw(readAll)).rows.length, 1);
    await transaction.executeRaw(statement('commit'));
    await transaction.commit();
  }
});

test('statements whose plans were dropped run again', async (t) => {
  const adapter = await planned(t);
  for (let n = 0; n < CONNECTIONS; n++) await adapter.executeRaw(statement('deallocate all'));
  const answers = await Promise.all(Array.from({ length: 3 * CONNECTIONS }, () => adapter.queryRaw(readAll)));
  for (const { rows } of answers) assert.equal(rows[0]![0], 1);
});
