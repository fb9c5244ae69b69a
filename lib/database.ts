import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type PoolClient, type QueryConfig } from 'pg';
import { databaseFault } from './database-faults.ts';
import { checkSettings, pinSettings } from './database-session.ts';
import { createLockWaits, type LockWaits } from './lock-waits.ts';
import { repeatLostRaces } from './retry-lost-race.ts';

/** A few connections keep two cores busy; more would only wait for each other. */
const POOL_SIZE = 6;
/** A statement must time out before the request that issued it. */
const STATEMENT_TIMEOUT_MS = 2_500;
export const TIMEOUTS = {
  connectMs: 1_500,
  statementMs: STATEMENT_TIMEOUT_MS,
  /** A server that vanished cannot report the statement timeout. After this time the client drops the connection. */
  answerMs: STATEMENT_TIMEOUT_MS + 1_000,
};
/** Finds a dead idle connection before a request does. */
const KEEP_ALIVE_AFTER_MS = 10_000;

export interface Database {
  adapter: PrismaPg;
  /** The statement timeout, which includes waits for locks. */
  statementMs: number;
  /** Rejects if the database does not answer, or could lose acknowledged writes. */
  check(): Promise<void>;
  /** Indexes whose build failed. They enforce nothing, and `if not exists` does not repair them. */
  invalidIndexes(): Promise<string[]>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  allowNonDurable?: boolean;
  size?: number;
  timeouts?: Timeouts;
  /**
   * With `lockMs`, runs a statement that waited for a lock again until `statementMs` have passed; by default true.
   * Statements in a transaction are not repeated.
   */
  repeatAfterLockWait?: boolean;
}

interface Timeouts {
  connectMs: number;
  statementMs: number;
  answerMs: number;
  /** Longest wait for a lock; without it, only `statementMs` limits the wait. */
  lockMs?: number;
}

/**
 * Opens a pool that connects on the first statement. `allowNonDurable` accepts a throwaway server with
 * `synchronous_commit` or `fsync` off.
 */
export function openDatabase(
  connectionString: string,
  { allowNonDurable = false, size = POOL_SIZE, timeouts = TIMEOUTS, repeatAfterLockWait = true }: DatabaseOptions = {},
): Database {
  const repeats = repeatAfterLockWait && timeouts.lockMs !== undefined;
  const lockWaits = repeats ? createLockWaits({ withinMs: timeouts.statementMs }) : undefined;
  const pool = keepConnectionsAfterFailures(
    new Pool({
      connectionString,
      max: size,
      query_timeout: timeouts.answerMs,
      connectionTimeoutMillis: timeouts.connectMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      // oxlint-disable-next-line typescript/no-misused-promises -- pg's pool awaits it; only its types do not say so.
      onConnect: pinSettings(timeouts),
    }),
    lockWaits,
  );
  // A later attempt could end after the request that issued the statement.
  repeatLostRaces(pool, timeouts.statementMs / 2);
  // Without a listener, a broken idle connection would end the process. The pool replaces it.
  pool.on('error', () => {});
  return {
    statementMs: timeouts.statementMs,
    adapter: new PrismaPg(pool, { statementNameGenerator: statementName() }),
    async check() {
      await checkSettings(pool, timeouts);
      const { rows } = await pool.query<{ durable: boolean }>(
        `select current_setting('synchronous_commit') <> 'off' and current_setting('fsync') = 'on' as durable`,
      );
      if (!rows[0]?.durable && !allowNonDurable)
        throw new Error(
          'synchronous_commit or fsync is off, so a database crash could lose acknowledged orders. Turn both on.',
        );
    },
    async invalidIndexes() {
      // Postgres also marks an index as invalid while it is being built, so leave those out.
      const { rows } = await pool.query<{ name: string }>(`
        select indexrelid::regclass::text as name from pg_index join pg_class on pg_class.oid = indexrelid
        where not indisvalid and relnamespace = current_schema()::regnamespace
          and indexrelid not in (select index_relid from pg_stat_progress_create_index where index_relid is not null)
        order by name`);
      return rows.map(({ name }) => name);
    },
    close: () => pool.end(),
  };
}

/**
 * Keeps a connection that still works after a failed statement; pg's pool would discard the connection. Postgres
 * rejects every repeated idempotency key, so each repeat would cost a connection and its prepared plans.
 */
function keepConnectionsAfterFailures(pool: Pool, lockWaits: LockWaits = (statement) => statement()): Pool {
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
  const queryOnce = async (statement: QueryConfig, values?: unknown[]) => {
    const client = await connect();
    // Without a listener, a broken connection would end the process. The statement fails anyway.
    const failed = () => {};
    client.on('error', failed);
    try {
      const result = await client.query(statement, values);
      client.release();
      return result;
    } catch (error) {
      const fault = databaseFault(error);
      client.release(fault === undefined || fault === 'unavailable');
      throw error;
    } finally {
      client.off('error', failed);
    }
  };
  const query = (statement: QueryConfig, values?: unknown[]) => lockWaits(() => queryOnce(statement, values));
  return Object.assign(pool, { query, connect: () => discardOpenTransaction(connect()) });
}

/**
 * Discards a released connection that is still in a transaction, as can happen when the server stopped responding. The
 * next user's writes would become part of that transaction and could be lost.
 */
async function discardOpenTransaction(connecting: Promise<PoolClient>): Promise<PoolClient> {
  const client = await connecting;
  const release = client.release.bind(client);
  client.release = (failed) => release(failed || client.getTransactionStatus() !== 'I');
  return client;
}

/** Names statements, so that connections reuse their plans. Limited, because each name costs memory per connection. */
function statementName() {
  const names = new Map<string, string>();
  const namesMax = 200;
  return ({ sql }: { sql: string }): string => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // Postgres plans an unnamed statement every time.
    if (names.size >= namesMax) return '';
    const name = `s${names.size}`;
    names.set(sql, name);
    return name;
  };
}
