import type { ClientBase } from 'pg';

/**
 * What our statements and Prisma's adapter rely on. A role, a database or a server may have other defaults: `initdb`
 * takes the machine's time zone, for example, and the adapter reads every time as UTC.
 */
const PINNED = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  // A statement that waited for a lock must see what the holder has written.
  default_transaction_isolation: 'read committed',
};

export interface SessionTimeouts {
  statementMs: number;
  lockMs?: number;
}

/**
 * Returns a hook for new connections that sets what our statements rely on. The settings do not go into the startup
 * packet, because poolers such as PgBouncer refuse most of them there.
 */
export function pinSettings({ statementMs, lockMs = 0 }: SessionTimeouts): (client: ClientBase) => Promise<void> {
  const settings = Object.entries({ ...PINNED, statement_timeout: `${statementMs}`, lock_timeout: `${lockMs}` });
  const text = `select ${settings.map((_, n) => `set_config($${2 * n + 1}, $${2 * n + 2}, false)`).join(', ')}`;
  const values = settings.flat();
  return async (client) => void (await client.query({ text, values }));
}
