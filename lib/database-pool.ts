import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';
import { connecting } from './database-connect.ts';
import { databaseFault, isStalePlan } from './database-faults.ts';

export interface PoolPorts {
  address: string;
  names: StatementNames;
  /** Receives the error of every failed statement. */
  onError(error: unknown): void;
  /** Receives the result of every other statement. */
  onResult(result: QueryResult): void;
}

/**
 * Keeps a connection that still works after a failed statement; pg's pool would discard the connection. Postgres
 * rejects every repeated idempotency key, so each repeat would cost a connection and its prepared plans.
 *
 * A statement whose plan is stale had no effect, so it runs once more, without a plan. Inside a transaction it cannot,
 * so the transaction fails. In both cases all statements get new names, so that no other connection uses a stale plan.
 */
export function withGoodConnections(pool: Pool, { address, names, onError, onResult }: PoolPorts): Pool {
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
  const failed = (error: unknown, name: string | undefined) => {
    onError(error);
    if (isStalePlan(error)) names.renew(name);
  };

  const run = async (statement: QueryConfig, values?: unknown[]) => {
    const client = await connecting(address, connect);
    // Without a listener, a broken connection would end the process. The statement fails anyway.
    const ignore = () => {};
    client.on('error', ignore);
    try {
      const result = await client.query(statement, values);
      onResult(result);
      client.release();
      return result;
    } catch (error) {
      failed(error, statement.name);
      const fault = databaseFault(error);
      client.release(fault === undefined || (fault === 'unavailable' && !isStalePlan(error)));
      throw error;
    } finally {
      client.off('error', ignore);
    }
  };
  const query = (statement: QueryConfig | string, values?: unknown[]) => {
    const config = typeof statement === 'string' ? { text: statement } : statement;
    return run(config, values).catch((error: unknown) => {
      if (config.name && isStalePlan(error)) return run({ ...config, name: '' }, values);
      throw error;
    });
  };
  return Object.assign(pool, {
    query,
    connect: async () => lend(await connecting(address, connect), { failed, onResult }),
  });
}

/** Makes a pool run its statements by `run`, which may repeat them. Statements in a transaction are not affected. */
export function runStatementsBy(pool: Pool, run: <T>(statement: () => Promise<T>) => Promise<T>): void {
  const query = pool.query.bind(pool) as (...input: unknown[]) => Promise<unknown>;
  Object.assign(pool, { query: (...input: unknown[]) => run(() => query(...input)) });
}

/**
 * Discards a released connection that is still in a transaction, as can happen when the server stopped responding. The
 * next user's writes would become part of that transaction and could be lost.
 */
function lend(
  client: PoolClient,
  { failed, onResult }: Pick<PoolPorts, 'onResult'> & { failed(error: unknown, name: string | undefined): void },
): PoolClient {
  const release = client.release.bind(client);
  // May be replaced on this connection, to correct what it reads.
  const own = client.query;
  const query = own.bind(client) as (statement: QueryConfig, ...more: unknown[]) => Promise<QueryResult>;
  client.query = (async (statement: QueryConfig, ...more: unknown[]) => {
    try {
      const result = await query(statement, ...more);
      onResult(result);
      return result;
    } catch (error) {
      failed(error, statement.name);
      throw error;
    }
  }) as typeof client.query;
  client.release = (isBroken) => {
    client.query = own;
    release(isBroken || client.getTransactionStatus() !== 'I');
  };
  return client;
}

export interface StatementNames {
  of(statement: { sql: string }): string;
  /** Replaces all names if `stale` is one of them, so that every connection makes new plans. */
  renew(stale: string | undefined): void;
}

/** Names statements, so that connections reuse their plans. Limited, because each name costs memory per connection. */
export function createStatementNames(): StatementNames {
  const namesMax = 200;
  let names = new Map<string, string>();
  let generation = 0;
  return {
    renew(stale) {
      // An older name was replaced when another connection failed.
      if (![...names.values()].includes(stale ?? '')) return;
      names = new Map();
      generation++;
    },
    of({ sql }) {
      const known = names.get(sql);
      if (known !== undefined) return known;
      // Postgres plans an unnamed statement every time.
      if (names.size >= namesMax) return '';
      const name = `s${generation}_${names.size}`;
      names.set(sql, name);
      return name;
    },
  };
}
