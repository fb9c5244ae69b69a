import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { pinSettings } from '../../../lib/database-session.ts';
import { openDatabase, type Database } from '../../../lib/database.ts';
import { LOCK_TIMEOUT_MS } from '../../../lib/lock-waits.ts';
import { migrate, services, type ServiceName } from '../../../prisma/migrate.ts';
import { FRIENDLY_SETTINGS, friendlyCollation, hostileCollation } from './hostile.ts';

const PATIENCE_MS = 60_000;

export interface TestDatabaseOptions {
  statementMs?: number;
  connectMs?: number;
  repeatAfterLockWait?: boolean;
  size?: number;
}

export interface TestDatabase extends Database {
  url: string;
  query<Row = Record<string, unknown>>(statement: string, values?: unknown[]): Promise<Row[]>;
}

interface CreateOptions extends TestDatabaseOptions {
  /** Gives the database the defaults that most servers have, instead of hostile ones. */
  isFriendly?: boolean;
}

/** Creates a database with all migrations of a service. */
export async function createDatabase(
  service: ServiceName,
  { isFriendly = false, ...options }: CreateOptions = {},
): Promise<TestDatabase> {
  const name = `test_${service}_${randomBytes(6).toString('hex')}`;
  // Never dropped: the whole server is deleted after the test run.
  const url = urlOf(testServer(), name);
  if (isFriendly) await createFriendly(service, url, name);
  else await asAdmin(testServer(), `create database ${name} template ${templateOf(service)}`);
  const pool = new Pool({
    connectionString: url,
    max: 1,
    allowExitOnIdle: true,
    // oxlint-disable-next-line typescript/no-misused-promises -- pg's pool awaits it; only its types do not say so.
    onConnect: pinSettings({ statementMs: PATIENCE_MS }),
  });
  const database = openWithLongTimeouts(url, { repeatAfterLockWait: service !== 'billing', ...options });
  return {
    ...database,
    url,
    query: async <Row>(statement: string, values: unknown[] = []) =>
      (await pool.query(statement, values)).rows as Row[],
    async close() {
      await pool.end();
      await database.close();
    },
  };
}

async function createFriendly(service: ServiceName, url: string, name: string): Promise<void> {
  await asAdmin(testServer(), `create database ${name} ${friendlyCollation}`);
  for (const [setting, value] of Object.entries(FRIENDLY_SETTINGS))
    await asAdmin(
      testServer(),
      `alter database ${name} set ${setting} = ${value.includes(',') ? value : `'${value}'`}`,
    );
  await migrate({ service, url });
}

/** Opens a database as a service does, with long timeouts for busy machines. */
export const openWithLongTimeouts = (
  url: string,
  { statementMs = PATIENCE_MS, connectMs = PATIENCE_MS, repeatAfterLockWait = true, size }: TestDatabaseOptions = {},
): Database =>
  openDatabase(url, {
    allowNonDurable: true,
    ...(size !== undefined && { size }),
    timeouts: { connectMs, statementMs, answerMs: PATIENCE_MS, lockMs: LOCK_TIMEOUT_MS },
    repeatAfterLockWait,
  });

/** Creates a database with only these scripts applied, each in its own transaction. Returns its URL. */
export async function createScripted(scripts: string | readonly string[], kind = hostileCollation): Promise<string> {
  const server = testServer();
  const name = `test_scripted_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `create database ${name} ${kind}`);
  for (const script of [scripts].flat()) await asAdmin(urlOf(server, name), script);
  return urlOf(server, name);
}

function testServer(): string {
  const server = process.env['TEST_POSTGRES_URL'];
  if (!server)
    throw new Error(
      'TEST_POSTGRES_URL is not set: run all tests with `npm test`, or one file with `npm test -- test/name.test.ts`',
    );
  return server;
}

/** Creates the templates, so that each service's migrations run once. */
export async function createTemplates(server: string): Promise<void> {
  for (const service of services) {
    await asAdmin(server, `create database ${templateOf(service)} ${hostileCollation}`);
    await migrate({ service, url: urlOf(server, templateOf(service)) });
  }
}

const templateOf = (service: ServiceName) => `template_${service}`;

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = database;
  return url.href;
}

async function asAdmin(server: string, statement: string): Promise<void> {
  const client = new Client(server);
  await client.connect();
  await client.query(statement);
  await client.end();
}
