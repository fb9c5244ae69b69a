import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { openDatabase, type Database } from '../../lib/database.ts';
import { migrate, services, type ServiceName } from '../../prisma/migrate.ts';

const PATIENCE_MS = 60_000;

export interface TestDatabase extends Database {
  url: string;
  /** Runs a statement as the superuser. */
  query<Row = Record<string, unknown>>(statement: string, values?: unknown[]): Promise<Row[]>;
}

/** A database of its own with all migrations of a service applied, on the server that the test run has started. */
export async function createDatabase(service: ServiceName, options?: { statementMs: number }): Promise<TestDatabase> {
  const server = testServer();
  const name = `test_${service}_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `create database ${name} template ${templateOf(service)}`);
  // The server of a test run is thrown away with all that is in it, so nothing is dropped.
  const url = urlOf(server, name);
  const pool = new Pool({ connectionString: url, max: 1, allowExitOnIdle: true });
  const database = openPatiently(url, options);
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

/** As a service opens its database. On a machine that is busy with other tests an answer may take its time. */
export const openPatiently = (url: string, { statementMs = PATIENCE_MS } = {}): Database =>
  openDatabase(url, { mayForget: true, timeouts: { connectMs: PATIENCE_MS, statementMs, answerMs: PATIENCE_MS } });

/** A database of its own with only this script applied. Answers where it is. */
export async function createScripted(script: string): Promise<string> {
  const server = testServer();
  const name = `test_scripted_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `create database ${name}`);
  await asAdmin(urlOf(server, name), script);
  return urlOf(server, name);
}

function testServer(): string {
  const server = process.env['TEST_POSTGRES_URL'];
  if (!server)
    throw new Error(
      'TEST_POSTGRES_URL is not set: run the tests by `npm test`, or one file by `npm test -- test/name.test.ts`',
    );
  return server;
}

/** Makes the templates that databases are copied from: each service's migrations run once for all test files. */
export async function createTemplates(server: string): Promise<void> {
  for (const service of services) {
    await asAdmin(server, `create database ${templateOf(service)}`);
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
