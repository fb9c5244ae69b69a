import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { eventually } from './eventually.ts';
import { env } from './temporal.ts';

/** Copies a database that nobody is connected to, as a backup or from one. Answers where the copy is. */
export async function copyOf(url: string): Promise<string> {
  const name = `copy_${randomBytes(6).toString('hex')}`;
  const admin = new Client(env('TEST_POSTGRES_URL'));
  await admin.connect();
  try {
    // Whoever was connected and has been killed may be leaving still.
    await eventually(() => admin.query(`create database ${name} template ${new URL(url).pathname.slice(1)}`));
  } finally {
    await admin.end();
  }
  return Object.assign(new URL(url), { pathname: name }).href;
}
