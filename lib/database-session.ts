import type { ClientBase, Pool } from 'pg';
import { correctTimes } from './database-times.ts';

/**
 * What our statements and Prisma's adapter rely on. A role, a database or a server may have other defaults: `initdb`
 * takes the machine's time zone, for example.
 *
 * Left alone: limits that protect the server, such as `idle_in_transaction_session_timeout`, because the pool replaces
 * a connection that Postgres ends; `default_transaction_read_only`, because it may mean that writes would be lost;
 * `default_transaction_deferrable` and `row_security`, which change no result of our statements; and settings of types
 * that we do not use (`bytea_output`, `xmloption`). pg itself requests `client_encoding`.
 */
const PINNED = {
  timezone: 'UTC',
  // Other styles of dates cannot be parsed.
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  // A statement that waited for a lock must see what the holder has written.
  default_transaction_isolation: 'read committed',
  // Prisma's statements name this schema. Ours, and the migrations, leave it out.
  search_path: 'public',
  // Fewer digits would round the ages that we read as fractions.
  extra_float_digits: '1',
  // Otherwise a backslash in a migration's literals would be an escape.
  standard_conforming_strings: 'on',
};

/** What a connection cannot change, and what to do if it differs. */
const REQUIRED = {
  server_encoding: {
    value: 'UTF8',
    remedy: 'Other encodings cannot store every name. Restore a dump into a database with `encoding UTF8`.',
  },
  session_replication_role: {
    value: 'origin',
    remedy: 'Triggers that protect orders would not run. Reset the setting of the role and the database.',
  },
};

const LOST =
  'Something between this role and Postgres resets the settings of a connection, such as a pooler. ' +
  'Connect directly, or make the pooler use session pooling.';

export interface SessionTimeouts {
  /** 0 means no limit. */
  statementMs: number;
  lockMs?: number;
}

const settingsOf = ({ statementMs, lockMs = 0 }: SessionTimeouts): Record<string, string> => ({
  ...PINNED,
  statement_timeout: `${statementMs}`,
  lock_timeout: `${lockMs}`,
});

/**
 * Returns a hook for new connections that sets what our statements rely on, and makes Prisma's adapter read times as
 * Postgres wrote them. The settings do not go into the startup packet, because poolers such as PgBouncer refuse most of
 * them there.
 */
export function pinSettings(timeouts: SessionTimeouts): (client: ClientBase) => Promise<void> {
  const settings = Object.entries(settingsOf(timeouts));
  const text = `select ${settings.map((_, n) => `set_config($${2 * n + 1}, $${2 * n + 2}, false)`).join(', ')}`;
  const values = settings.flat();
  return async (client) => {
    correctTimes(client);
    await client.query({ text, values });
  };
}

/** Throws if a connection has lost our settings, or if the database lacks what no setting can provide. */
export async function checkSettings(pool: Pick<Pool, 'query'>, timeouts: SessionTimeouts): Promise<void> {
  const pinned = Object.entries(settingsOf(timeouts)).map(([name, value]) => [name, { value, remedy: LOST }] as const);
  const expected = new Map([...pinned, ...Object.entries(REQUIRED)]);
  const { rows } = await pool.query<{ name: string; setting: string }>(
    'select lower(name) as name, setting from pg_settings where lower(name) = any($1)',
    [[...expected.keys()]],
  );
  for (const { name, setting } of rows) {
    const { value, remedy } = expected.get(name)!;
    if (setting !== value) throw new Error(`${name} is "${setting}" instead of "${value}". ${remedy}`);
  }
}
