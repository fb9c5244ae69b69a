/** Every role with a database starts without it, says what it waits for, and is ready only while it could write. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { services, type ServiceName } from '../../prisma/migrate.ts';
import { roles } from '../../roles/all.ts';
import type { RoleName, Shared } from '../../roles/role.ts';
import { eventually } from '../support/eventually.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';
import { silentRuntime } from '../support/temporal/server.ts';

silentRuntime();

/** The checks of each role that need a database, and whose database it is. */
const DATABASES: ReadonlyArray<readonly [RoleName, Record<string, ServiceName>]> = [
  ['auth', { database: 'auth' }],
  ['users', { database: 'users' }],
  ['billing', { database: 'billing' }],
  ['orders', { database: 'orders' }],
  ['notifications', { database: 'notifications' }],
  ['worker', { database: 'orders' }],
  ['auditor', { 'orders database': 'orders', 'users database': 'users' }],
];
const UNREACHABLE = '127.0.0.1:1';
let admin: TestDatabase;

before(async () => {
  admin = await createDatabase('auth');
});
after(() => admin.close());

/** URLs of databases that do not exist yet. */
function futureDatabases() {
  const suffix = randomBytes(6).toString('hex');
  const nameOf = (service: ServiceName) => `test_${service}_${suffix}`;
  const urls = services.map((service) => {
    const url = new URL(admin.url);
    url.pathname = nameOf(service);
    return [`${service.toUpperCase()}_DATABASE_URL`, url.href] as const;
  });
  return { nameOf, env: Object.fromEntries(urls) };
}

async function readiness(url: string) {
  const response = await fetch(`${url}/health/ready`);
  const body = (await response.json()) as { checks: Record<string, string>; reasons: Record<string, string> };
  return { ...body, status: response.status };
}

for (const [name, databases] of DATABASES) {
  test(`${name} starts without its database, and is not ready until it could write`, async () => {
    const { nameOf, env } = futureDatabases();
    const waits: string[] = [];
    const log = pino(
      new Writable({
        write(line: Buffer, _encoding, done) {
          const { msg, reason } = JSON.parse(line.toString()) as { msg: string; reason: string };
          if (msg === 'waiting for the database') waits.push(reason);
          done();
        },
      }),
    );
    const shared: Shared = { log, urls: new Map(), allowNonDurable: true };
    const elsewhere = Object.fromEntries(
      ['AUTH', 'USERS', 'BILLING'].map((role) => [`${role}_URL`, `http://${UNREACHABLE}`]),
    );
    const variables = {
      ...process.env,
      ...elsewhere,
      ...env,
      // The roles must not take the work of other tests.
      TEMPORAL_TASK_QUEUE: `test-${randomBytes(6).toString('hex')}`,
      KAFKA_TOPIC_PREFIX: `test-${randomBytes(6).toString('hex')}-`,
      [`${name.toUpperCase()}_PORT`]: '0',
    };
    const running = await roles[name].configure(variables, new Set([name]))(shared);
    try {
      const first = await readiness(running.url);
      assert.equal(first.status, 503);
      for (const [check, service] of Object.entries(databases)) {
        assert.equal(first.checks[check], 'down');
        assert.match(first.reasons[check]!, new RegExp(`database "${nameOf(service)}" does not exist`));
        await admin.query(`create database ${nameOf(service)} template template_${service}`);
        await eventually(async () => assert.equal((await readiness(running.url)).checks[check], 'up'));
      }
      assert.equal(waits.length, Object.keys(databases).length, 'each reason is logged once');

      for (const [check, service] of Object.entries(databases)) {
        await admin.query(`alter database ${nameOf(service)} set default_transaction_read_only = on`);
        await eventually(async () => assert.match((await readiness(running.url)).reasons[check]!, /takes no writes/));
      }
    } finally {
      await running.close();
    }
  });
}
