/** Readiness tries to write, so a role without requests also notices that its database takes no writes. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test, type TestContext } from 'node:test';
import { createBillingStore } from '../../api/billing/store.ts';
import { databaseFault } from '../../lib/database-faults.ts';
import { openDatabase } from '../../lib/database.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';

const FULL = 'could not extend file: No space left on device';
const BETWEEN_TRIALS_MS = 10_000;
let admin: TestDatabase;

beforeEach(async () => {
  admin = await createDatabase('billing');
  await admin.query(`
    create function no_space() returns trigger language plpgsql as $$
      begin raise exception '${FULL}' using errcode = '53100'; end $$`);
});
afterEach(() => admin.close());

function open(t: TestContext, url = admin.url) {
  const opened = openDatabase(url, { allowNonDurable: true });
  t.after(() => opened.close());
  return opened;
}

/** The URL of a login with all privileges that requests need, but without that of temporary tables. */
async function withoutTemp(): Promise<string> {
  const role = `role_${randomBytes(4).toString('hex')}`;
  const url = new URL(admin.url);
  await admin.query(`revoke temporary on database ${url.pathname.slice(1)} from public`);
  await admin.query(`create role ${role} login password 'only'`);
  await admin.query(`grant all on all tables in schema public to ${role}`);
  await admin.query(`grant all on all sequences in schema public to ${role}`);
  return Object.assign(url, { username: role, password: 'only' }).href;
}

/** Makes the server refuse every new table, as a full disk does. */
async function fillDisk(code = '53100'): Promise<void> {
  await admin.query(`
    create function no_table() returns event_trigger language plpgsql as $$
      begin raise exception '${FULL}' using errcode = '${code}'; end $$`);
  await admin.query('create event trigger full_disk on ddl_command_start execute function no_table()');
}

/** Returns a function that moves the clock of this process to the next trial. */
function clock(t: TestContext): () => void {
  const now = performance.now.bind(performance);
  let laterMs = 0;
  t.mock.method(performance, 'now', () => now() + laterMs);
  return () => void (laterMs += BETWEEN_TRIALS_MS);
}

test('an idle role becomes unready when its server refuses writes, and ready when it accepts them again', async (t) => {
  const nextTrial = clock(t);
  const opened = open(t);
  await opened.check();
  await fillDisk();
  // The last result counts for a while, so that many probes do not cost many writes.
  await opened.check();
  nextTrial();
  await assert.rejects(opened.check(), { message: FULL });
  await admin.query('alter event trigger full_disk disable');
  await assert.rejects(opened.check(), { message: FULL });
  nextTrial();
  await opened.check();
});

test('checks at the same time share one trial', async (t) => {
  const opened = open(t);
  await admin.query('create table trials (at timestamptz default clock_timestamp())');
  await admin.query(`
    create function count_trial() returns event_trigger language plpgsql as $$
      begin insert into trials default values; end $$`);
  await admin.query('create event trigger counts on ddl_command_start execute function count_trial()');
  await Promise.all([opened.check(), opened.check(), opened.check()]);
  await opened.check();
  assert.deepEqual(await admin.query('select count(*)::int as trials from trials'), [{ trials: 1 }]);
});

test('a rule that lets nobody create tables does not make a role unready', async (t) => {
  await fillDisk('P0001');
  await open(t).check();
});

test('without the privilege of temporary tables, a refused write counts until another write succeeds', async (t) => {
  const nextTrial = clock(t);
  const opened = open(t, await withoutTemp());
  const store = createBillingStore(opened);
  await opened.check();
  await admin.query('create trigger full_disk before insert on billing_accounts execute function no_space()');
  await assert.rejects(store.open(randomUUID()), (error) => databaseFault(error) === 'unavailable');
  for (let trials = 0; trials < 3; trials++) {
    await assert.rejects(opened.check(), { message: FULL });
    nextTrial();
  }
  await store.balance(randomUUID());
  await assert.rejects(opened.check(), { message: FULL });
  await admin.query('drop trigger full_disk on billing_accounts');
  await store.open(randomUUID());
  await opened.check();
  await store.close();
});
