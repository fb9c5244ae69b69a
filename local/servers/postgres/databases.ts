import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { services, type ServiceName } from '../../../prisma/migrate.ts';

export type Passwords = Record<ServiceName | 'postgres', string>;

/** The passwords of all roles: random, generated at the first start, stored in a file that only the owner can read. */
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

/** Creates missing databases and roles. A service's role can connect to its own database only. */
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

/** Runs `work` on an admin connection, then closes the connection. */
export async function asAdmin<T>(adminUrl: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 2000 });
  // If the server dies, the query rejects. Without a listener, the `error` event would also end this process.
  admin.on('error', () => {});
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
