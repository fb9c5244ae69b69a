/** A database that takes no writes makes its roles unready, with the reason. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createBillingStore } from '../../api/billing/store.ts';
import { databaseFault } from '../../lib/database-faults.ts';
import { openDatabase } from '../../lib/database.ts';
import { removeRelocatedCluster } from '../../local/servers/postgres/cluster.ts';
import { asAdmin } from '../../local/servers/postgres/databases.ts';
import { startPostgres } from '../../local/servers/postgres/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';
import { serveQuietly } from '../support/shop/service.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase('billing');
});
afterEach(() => database.close());

const set = (setting: string) => database.query(`alter database ${new URL(database.url).pathname.slice(1)} ${setting}`);

/** Passes `act` a database, and its readiness as a role shows it. */
async function withRole(
  act: (role: { opened: ReturnType<typeof openDatabase>; ready(): Promise<unknown[]> }) => Promise<void>,
  url = database.url,
): Promise<void> {
  const opened = openDatabase(url, { allowNonDurable: true });
  const checks = [{ name: 'database', probe: opened.check, needed: true }];
  const service = await serveQuietly('billing', [], { checks });
  const ready = async () => {
    const response = await fetch(`${service.url}/health/ready`);
    const { status, reasons } = (await response.json()) as { status: string; reasons?: Record<string, string> };
    return [response.status, status, reasons?.['database']];
  };
  await act({ opened, ready });
  await service.close();
  await opened.close();
}

/** Passes `act` the URL of a standby server. */
async function withStandby(act: (url: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-standby-'));
  const dataDir = join(dir, 'postgres');
  const options = { dataDir, settings: { fsync: 'off' } };
  try {
    const primary = await startPostgres(options);
    const folder = await asAdmin(primary.adminUrl, (admin) =>
      admin.query<{ data_directory: string }>('show data_directory'),
    );
    await primary.stop();
    await writeFile(join(folder.rows[0]!.data_directory, 'standby.signal'), '');
    const standby = await startPostgres(options);
    try {
      await act(standby.adminUrl);
    } finally {
      await standby.stop();
    }
  } finally {
    await removeRelocatedCluster(dataDir);
    await rm(dir, { recursive: true, force: true });
  }
}

const READY = [200, 'ready', undefined];
const unready = (reason: string) => [503, 'unready', reason];

test('a database that becomes read-only is unready, although open connections could still write', () =>
  withRole(async ({ ready }) => {
    assert.deepEqual(await ready(), READY);
    await set('set default_transaction_read_only = on');
    const reason = 'The database takes no writes: default_transaction_read_only is on. Turn it off.';
    await eventually(async () => assert.deepEqual(await ready(), unready(reason)));
    await set('reset default_transaction_read_only');
    await eventually(async () => assert.deepEqual(await ready(), READY));
  }));

test('a standby is unready', () =>
  withStandby((url) =>
    withRole(async ({ ready }) => {
      const reason = 'The database server is a standby, which takes no writes. Use the primary.';
      assert.deepEqual(await ready(), unready(reason));
    }, url),
  ));

/** The URL of a new login without privileges, and its name. */
async function createLogin(of: TestDatabase): Promise<{ role: string; url: string }> {
  const role = `role_${randomBytes(4).toString('hex')}`;
  await of.query(`create role ${role} login password 'only'`);
  return { role, url: Object.assign(new URL(of.url), { username: role, password: 'only' }).href };
}

const GRANT = 'Grant it the privileges of tables and sequences.';
const NO_SEQUENCE = `The role may insert rows, but not use the sequence that numbers them. ${GRANT}`;

test('a role that may write to no table is unready', async () => {
  const { role, url } = await createLogin(database);
  await withRole(async ({ ready }) => {
    assert.deepEqual(await ready(), unready(`The role may write to no table of the database. ${GRANT}`));
    await database.query(`grant all on all sequences in schema public to ${role}`);
    await database.query(`grant insert on all tables in schema public to ${role}`);
    await eventually(async () => assert.deepEqual(await ready(), READY));
  }, url);
});

test('a role that may write to the tables but use no sequence is unready', async (t) => {
  const notifications = await createDatabase('notifications');
  t.after(() => notifications.close());
  const { role, url } = await createLogin(notifications);
  await notifications.query(`grant all on all tables in schema public to ${role}`);
  await withRole(async ({ ready }) => {
    assert.deepEqual(await ready(), unready(NO_SEQUENCE));
    for (const privilege of ['usage', 'update']) {
      await notifications.query(`grant ${privilege} on all sequences in schema public to ${role}`);
      await eventually(async () => assert.deepEqual(await ready(), READY));
      await notifications.query(`revoke ${privilege} on all sequences in schema public from ${role}`);
      await eventually(async () => assert.deepEqual(await ready(), unready(NO_SEQUENCE)));
    }
  }, url);
});

test('sequences of other schemas, and of tables that the role does not write to, do not matter', async () => {
  const { role, url } = await createLogin(database);
  await database.query(`grant all on all tables in schema public to ${role}`);
  await database.query(`grant all on all sequences in schema public to ${role}`);
  await database.query('create schema other');
  await database.query('create table other.rows (id serial)');
  await database.query(`grant all on other.rows to ${role}`);
  await database.query('create table reports (id serial)');
  await withRole(async ({ ready }) => assert.deepEqual(await ready(), READY), url);
});

test('a write that the server refuses is away, and the role is unready until a write succeeds', () =>
  withRole(async ({ opened, ready }) => {
    const store = createBillingStore(opened);
    await database.query(`
      create function no_space() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
    await database.query('create trigger full_disk before insert on billing_accounts execute function no_space()');
    await assert.rejects(store.open(randomUUID()), (error) => databaseFault(error) === 'unavailable');
    assert.deepEqual(await ready(), unready('could not extend file: No space left on device'));
    await eventually(async () => assert.deepEqual(await ready(), READY));
    await store.close();
  }));

test('a statement that is refused because the transaction is read-only is answered with 503', async () => {
  const opened = openDatabase(database.url, { allowNonDurable: true });
  const store = createBillingStore(opened);
  const service = await serveQuietly('billing', [async (ctx) => void (ctx.body = await store.open(randomUUID()))]);
  await set('set default_transaction_read_only = on');
  const refused = await fetch(service.url);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  await set('reset default_transaction_read_only');
  assert.equal((await fetch(service.url)).status, 200);
  await service.close();
  await store.close();
  await opened.close();
});
