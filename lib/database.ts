import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type ClientBase } from 'pg';
import { checkConnections } from './database-check.ts';
import { addressOf, prepareWith, withOwnConnection } from './database-connect.ts';
import { createStatementNames, runStatementsBy, withGoodConnections } from './database-pool.ts';
import { checkSettings, pinSettings } from './database-session.ts';
import { createWriteTrial } from './database-trial.ts';
import { createLockWaits } from './lock-waits.ts';
import { retryLostRace } from './retry-lost-race.ts';

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
  /** Rejects, with the reason, if the database does not answer, takes no writes, or could lose acknowledged ones. */
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
   * If true, as by default, and if `lockMs` is set: a statement that times out waiting for a lock runs again, until
   * `statementMs` have passed. Statements in a transaction are not repeated.
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
  const address = addressOf(connectionString);
  const prepare = prepareWith(pinSettings(timeouts));
  const trial = createWriteTrial();
  const names = createStatementNames();
  const config = {
    connectionString,
    query_timeout: timeouts.answerMs,
    connectionTimeoutMillis: timeouts.connectMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
  // oxlint-disable-next-line typescript/no-misused-promises -- pg's pool awaits onConnect; only its types do not say so.
  const pool = withGoodConnections(new Pool({ ...config, max: size, onConnect: prepare }), {
    address,
    names,
    onError: trial.noteError,
    onResult: trial.noteResult,
  });
  if (repeatAfterLockWait && timeouts.lockMs !== undefined)
    runStatementsBy(pool, createLockWaits({ withinMs: timeouts.statementMs }));
  // In the second half of `statementMs` no attempt starts: it could outlast the request that issued the statement.
  runStatementsBy(pool, (statement) => retryLostRace(statement, timeouts.statementMs / 2));
  // Without a listener, a broken idle connection would end the process. The pool replaces it.
  pool.on('error', () => {});
  const withPooled = lendTo(pool);
  const withNew = withOwnConnection.bind(undefined, config, { address, prepare });
  const checkPooled = async (pooled: ClientBase) => {
    await checkSettings(pooled, timeouts);
    await trial.check(pooled);
  };
  return {
    statementMs: timeouts.statementMs,
    adapter: new PrismaPg(pool, { statementNameGenerator: names.of }),
    check: () => checkConnections({ withPooled, checkPooled, withNew }, { allowNonDurable }),
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

/** Lends a connection of the pool, and discards it if `act` fails: a new one has the current settings. */
const lendTo =
  (pool: Pool) =>
  async (act: (client: ClientBase) => Promise<void>): Promise<void> => {
    const client = await pool.connect();
    let failed = true;
    try {
      await act(client);
      failed = false;
    } finally {
      client.release(failed);
    }
  };
