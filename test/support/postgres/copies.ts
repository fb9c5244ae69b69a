import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { eventually } from '../eventually.ts';
import { env } from '../temporal/server.ts';

/** Copies a database that has no connections. Returns the URL of the copy. */
export async function copyDatabase(url: string): Promise<string> {
  const name = `copy_${randomBytes(6).toString('hex')}`;
  const admin = new Client(env('TEST_POSTGRES_URL'));
  await admin.connect();
  try {
    // Connections of a killed process may take a moment to end.
    await eventually(() => admin.query(`create database ${name} template ${new URL(url).pathname.slice(1)}`));
  } finally {
    await admin.end();
  }
  return Object.assign(new URL(url), { pathname: name }).href;
}
