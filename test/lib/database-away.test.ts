/** A database that cannot be used: what fails while connecting had no effect, whatever the reason is. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { createBillingStore } from '../../api/billing/store.ts';
import { databaseFault } from '../../lib/database-faults.ts';
import { startDatabase } from '../../lib/database-start.ts';
import { openDatabase } from '../../lib/database.ts';
import { createLog } from '../../lib/log.ts';
import { eventually } from '../support/eventually.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';
import { serveQuietly } from '../support/shop/service.ts';

let database: TestDatabase;
let admin: TestDatabase;

before(async () => {
  database = await createDatabase('billing');
  admin = await createDatabase('billing');
});
after(async () => {
  await database.close();
  await admin.close();
});

const nameOf = (url: string) => new URL(url).pathname.slice(1);

/** A login of its own, with all privileges on the database. */
async function createRole() {
  const role = `role_${randomBytes(4).toString('hex')}`;
  await database.query(`create role ${role} login password 'first'`);
  await database.query(`grant all on all tables in schema public to ${role}`);
  await database.query(`grant all on all sequences in schema public to ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'first';
  return { role, url: url.href };
}

/** The response of a service whose handler reads from the database. */
async function answerOver(url: string): Promise<{ status: number; retryAfter: string | null }> {
  const opened = openDatabase(url, { allowNonDurable: true });
  const store = createBillingStore(opened);
  const service = await serveQuietly('billing', [async (ctx) => void (ctx.body = await store.balance(randomUUID()))]);
  const { status, headers } = await fetch(service.url);
  await service.close();
  await store.close();
  await opened.close();
  return { status, retryAfter: headers.get('retry-after') };
}

test('a request gets 503 with Retry-After when no connection can be opened, whatever the reason is', async () => {
  const missing = new URL(database.url);
  missing.pathname = 'never_created';
  const { role, url } = await createRole();
  const wrongPassword = new URL(url);
  wrongPassword.password = 'second';
  const urls = { missing: missing.href, password: wrongPassword.href, tls: `${database.url}?sslmode=verify-full` };
  for (const [reason, each] of Object.entries(urls))
    assert.deepEqual(await answerOver(each), { status: 503, retryAfter: '1' }, reason);
  await database.query(`alter role ${role} nologin`);
  assert.deepEqual(await answerOver(url), { status: 503, retryAfter: '1' }, 'no login');
});

test('network and TLS faults are no bugs', () => {
  for (const code of [
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'EHOSTDOWN',
    'ENETUNREACH',
    'ENETDOWN',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'ECONNRESET',
    'EPIPE',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    '28P01',
    '28000',
    '3D000',
  ])
    assert.equal(databaseFault(Object.assign(new Error('failed'), { code })), 'unavailable', code);
  assert.equal(databaseFault(new TypeError('a bug')), undefined);
});

test('a socket that timed out during a statement leaves its outcome unknown', () => {
  const cause = { kind: 'SocketTimeout' };
  const error = Object.assign(new Error('Operation has timed out'), { code: 'P1008', cause });
  assert.equal(databaseFault(error), 'unavailable');
});

test('a start waits for its database and logs each reason once', async () => {
  const url = new URL(database.url);
  url.pathname = `late_${randomBytes(4).toString('hex')}`;
  const lines: Array<{ msg: string; reason?: string }> = [];
  const log = pino(
    new Writable({ write: (line: Buffer, _encoding, done) => (lines.push(JSON.parse(line.toString())), done()) }),
  );
  const waiting = await startDatabase(url.href, { log, allowNonDurable: true });
  await assert.rejects(waiting.check(), /database ".*" does not exist/);
  await assert.rejects(waiting.check(), /database ".*" does not exist/);
  await admin.query(`create database ${nameOf(url.href)}`);
  await eventually(() => assert.equal(lines.at(-1)!.msg, 'the database can be used'));
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['waiting for the database', 'the database can be used'],
  );
  assert.match(lines[0]!.reason!, /does not exist/);
  await waiting.check();
  await waiting.close();
});

test('a start that waits for its database can be ended', async () => {
  const waiting = await startDatabase('postgresql://user:password@127.0.0.1:1/nothing', { log: createLog('silent') });
  await assert.rejects(waiting.check(), /Can't reach database server at 127.0.0.1:1\/nothing: .*ECONNREFUSED/);
  await waiting.close();
});

test('a rotated password makes the role unready, although its open connections still work', async (t) => {
  const { role, url } = await createRole();
  const opened = openDatabase(url, { allowNonDurable: true });
  t.after(() => opened.close());
  await opened.check();
  await database.query(`alter role ${role} password 'second'`);
  await assert.rejects(opened.check(), /refused a connection .*password authentication failed/);
  await database.query(`alter role ${role} password 'first'`);
  await opened.check();
});

test('a missing table or privilege is answered with 503, and the log says what to do', async () => {
  const { role, url } = await createRole();
  const lines: string[] = [];
  const log = pino(new Writable({ write: (line: Buffer, _encoding, done) => (lines.push(line.toString()), done()) }));
  const opened = openDatabase(url, { allowNonDurable: true });
  const store = createBillingStore(opened);
  const handler = async (ctx: { body: unknown }) => void (ctx.body = await store.balance(randomUUID()));
  const service = await serveQuietly('billing', [handler], { log });
  const expectAdvice = async (what: string) => {
    lines.length = 0;
    const { status, headers } = await fetch(service.url);
    assert.deepEqual([status, headers.get('retry-after')], [503, '1'], what);
    const advised = () => lines.some((line) => line.includes('Run the migrations; after a restore, also grant'));
    await eventually(() => assert.ok(advised(), what));
  };
  await database.query(`revoke all on billing_accounts from ${role}`);
  await expectAdvice('privilege');
  await database.query(`grant all on billing_accounts to ${role}`);
  await database.query('alter table billing_accounts rename to restored_later');
  await expectAdvice('table');
  await database.query('alter table restored_later rename to billing_accounts');
  assert.equal((await fetch(service.url)).status, 200);
  await service.close();
  await store.close();
  await opened.close();
});
