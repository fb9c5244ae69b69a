import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { services } from '../prisma/migrate.ts';
import type { ServiceName } from '../prisma/migrate.ts';

/** Of the superuser, and of each service's role, which has the service's name. */
export type Passwords = Record<ServiceName | 'postgres', string>;

/** Random, made at the first start and kept beside the data, readable by its owner only. */
export async function passwordsOf(dataDir: string): Promise<Passwords> {
  const file = join(dataDir, 'passwords.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Passwords;
  const passwords = Object.fromEntries(
    ['postgres', ...services].map((role) => [role, randomBytes(18).toString('base64url')]),
  ) as Passwords;
  await writeFile(`${file}.new`, JSON.stringify(passwords), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return passwords;
}

/** Where a role finds a database. */
export function databaseUrl({
  port,
  role,
  password,
  database,
}: {
  port: number;
  role: string;
  password: string;
  database: string;
}): string {
  return `postgresql://${role}:${password}@127.0.0.1:${port}/${database}`;
}

/** Each service has its database and a role that can enter no other. May be repeated. */
export async function ensureDatabases(adminUrl: string, passwords: Passwords): Promise<void> {
  await asAdmin(adminUrl, async (admin) => {
    const { rows } = await admin.query<{ datname: string }>('select datname from pg_database');
    const existing = new Set(rows.map(({ datname }) => datname));
    for (const open of ['postgres', 'template1']) await admin.query(`revoke all on database ${open} from public`);
    for (const service of services) {
      await ensureRole(admin, service, passwords[service]);
      if (!existing.has(service))
        await admin.query(`create database ${escapeIdentifier(service)} owner ${escapeIdentifier(service)}`);
      await admin.query(`revoke all on database ${escapeIdentifier(service)} from public`);
    }
  });
}

async function ensureRole(admin: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role]);
  const verb = rowCount === 0 ? 'create' : 'alter';
  await admin.query(`${verb} role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}`);
}

/** Runs something over one connection and closes it. */
export async function asAdmin<T>(adminUrl: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 2000 });
  // A server that dies in the middle fails the query; the event on top of it must not end the program.
  admin.on('error', () => {});
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
