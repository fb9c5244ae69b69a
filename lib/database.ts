import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type PoolClient, type QueryConfig } from 'pg';

/** Under load a second statement of the same session would wait behind the first: two cores are kept busy by few. */
const POOL_SIZE = 6;
/** The bottom of the ladder of timeouts: a statement gives up before the request that asked for it does. */
const STATEMENT_TIMEOUT_MS = 2_500;
const TIMEOUTS = {
  connectMs: 1_500,
  statementMs: STATEMENT_TIMEOUT_MS,
  /** A server that is gone without a word does not say that a statement's time is over: the connection is given up then. */
  answerMs: STATEMENT_TIMEOUT_MS + 1_000,
};
/** Sooner than a request would find out that an idle connection leads nowhere. */
const KEEP_ALIVE_AFTER_MS = 10_000;

export interface Database {
  /** What Prisma's client of a service is made from. */
  adapter: PrismaPg;
  /** How long a statement may take, with all that it waits for. */
  statementMs: number;
  /** Resolves when the database answers. Rejects when it does not, or when it could forget what it has acknowledged. */
  check(): Promise<void>;
  /** The indexes whose building has failed. They stay, are passed over by a later build of the same name, and keep nothing out. */
  invalidIndexes(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Opens a pool of connections to one service's database. Nothing is connected before the first statement.
 * `mayForget` allows a server with `synchronous_commit` or `fsync` off: for databases that are thrown away.
 */
export function openDatabase(
  connectionString: string,
  { mayForget = false, size = POOL_SIZE, timeouts = TIMEOUTS } = {},
): Database {
  const pool = keepingConnections(
    new Pool({
      connectionString,
      max: size,
      statement_timeout: timeouts.statementMs,
      query_timeout: timeouts.answerMs,
      connectionTimeoutMillis: timeouts.connectMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    }),
  );
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {});
  return {
    statementMs: timeouts.statementMs,
    adapter: new PrismaPg(pool, { statementNameGenerator: statementName() }),
    async check() {
      const { rows } = await pool.query<{ durable: boolean }>(
        `select current_setting('synchronous_commit') <> 'off' and current_setting('fsync') = 'on' as durable`,
      );
      if (!rows[0]?.durable && !mayForget)
        throw new Error('The database runs with synchronous_commit or fsync off: it would lose acknowledged orders');
    },
    async invalidIndexes() {
      // One that is being built at this moment is not valid yet.
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
 * By itself a pool throws the connection away with any statement that fails. Here a repeated key is a duplicate that Postgres refuses:
 * each repeat would cost a connection, and the plans that were made on it.
 */
function keepingConnections(pool: Pool): Pool {
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
  const query = async (statement: QueryConfig, values?: unknown[]) => {
    const client = await connect();
    // A connection that breaks fails its statement; the event, unheard, would end the process.
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
  return Object.assign(pool, { query, connect: () => outsideTransactions(connect()) });
}

/**
 * A connection whose transaction could not be ended, since nothing was heard any more, does not come back into the pool: what its next
 * user writes would be lost with it.
 */
async function outsideTransactions(connecting: Promise<PoolClient>): Promise<PoolClient> {
  const client = await connecting;
  const release = client.release.bind(client);
  client.release = (failed) => release(failed || client.getTransactionStatus() !== 'I');
  return client;
}

/** Names each distinct statement once, so that Postgres plans it once for each connection. Bounded, since every name costs memory there. */
function statementName() {
  const names = new Map<string, string>();
  const namesMax = 200;
  return ({ sql }: { sql: string }): string => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // An empty name is Postgres's own for a statement that is planned anew each time.
    if (names.size >= namesMax) return '';
    const name = `s${names.size}`;
    names.set(sql, name);
    return name;
  };
}

export type DatabaseFault = 'duplicate' | 'conflict' | 'timeout' | 'unavailable';

const faults: ReadonlyArray<readonly [DatabaseFault, RegExp]> = [
  ['duplicate', /^(23505|P2002)$/],
  ['conflict', /^(40001|40P01|P2034)$/],
  ['timeout', /^(57014|55P03|P1008|P2024)$/],
  // 08…: the connection; 57P0…: shutting down, crashed, starting; 53300: too many connections; 25006: a standby.
  [
    'unavailable',
    /^(08...|57P0.|53...|25006|58030|P1001|P1002|P1017|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/,
  ],
];

/** Which of the faults that a caller can act on this error is; undefined for a bug. Reads the codes of Postgres, of Prisma and of the socket. */
export function databaseFault(error: unknown): DatabaseFault | undefined {
  for (const code of codesOf(error)) {
    const found = faults.find(([, pattern]) => pattern.test(code));
    if (found) return found[0];
  }
  return undefined;
}

/** The codes that an error carries, its own and those of what caused it. Prisma's adapters keep the server's code at the bottom. */
function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 6) return [];
  const { code, originalCode, kind, cause, meta, driverAdapterError, message } = error as Record<string, unknown>;
  const own = [originalCode, code].filter((value): value is string => typeof value === 'string');
  if (kind === 'DatabaseNotReachable' || kind === 'ConnectionClosed') own.push('P1001');
  if (kind === 'SocketTimeout') own.push('P1008');
  // The pool and its clients have no codes for these.
  if (
    typeof message === 'string' &&
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/.test(
      message,
    )
  )
    own.push('P1001');
  return [...codesOf(cause, depth + 1), ...codesOf(driverAdapterError, depth + 1), ...codesOf(meta, depth + 1), ...own];
}
