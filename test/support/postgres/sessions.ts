import assert from 'node:assert/strict';
import { Client } from 'pg';
import { createAuthStore, type AuthStore } from '../../../api/auth/store.ts';
import { createBillingStore, type BillingStore } from '../../../api/billing/store.ts';
import { createOrderStore, type OrderStore } from '../../../api/orders/store.ts';
import type { Database } from '../../../lib/database.ts';
import { eventually } from '../eventually.ts';
import { openWithLongTimeouts } from './database.ts';

export interface Held {
  end(commit: boolean): Promise<void>;
}

/** Each of these three functions runs a store's statements in a separate transaction, open until `end` is called. */
export const heldStatement = (url: string, act: (held: BillingStore) => Promise<unknown>): Promise<Held> =>
  hold(url, createBillingStore, act);

export const heldPlacing = (url: string, act: (held: OrderStore) => Promise<unknown>): Promise<Held> =>
  hold(url, createOrderStore, act);

export const heldLogin = (url: string, act: (held: AuthStore) => Promise<unknown>): Promise<Held> =>
  hold(url, createAuthStore, act);

async function hold<Store extends { close(): Promise<void> }>(
  url: string,
  createStore: (database: Pick<Database, 'adapter' | 'statementMs'>) => Store,
  act: (held: Store) => Promise<unknown>,
): Promise<Held> {
  // One connection, so the store's statements run inside this transaction.
  const database = openWithLongTimeouts(url, { size: 1 });
  const adapter = await database.adapter.connect();
  const run = (sql: string) => adapter.executeRaw({ sql, args: [], argTypes: [] });
  await run('begin');
  const held = createStore(database);
  await act(held);
  return {
    async end(commit) {
      await run(commit ? 'commit' : 'rollback');
      await held.close();
      await database.close();
    },
  };
}

/** Gives the only connection of a pool other settings, as a pooler that resets them would. */
export async function override({ adapter }: Pick<Database, 'adapter'>, settings: Record<string, string>) {
  const connection = await adapter.connect();
  for (const [name, value] of Object.entries(settings))
    await connection.executeRaw({ sql: `set ${name} = '${value}'`, args: [], argTypes: [] });
}

/** Runs a statement in a transaction that stays open until `end` is called, as a person at a console may leave it. */
export async function forgottenSession(url: string, statement: string, values: unknown[] = []): Promise<Held> {
  const session = new Client(url);
  await session.connect();
  await session.query('begin');
  await session.query(statement, values);
  return {
    async end(commit) {
      await session.query(commit ? 'commit' : 'rollback');
      await session.end();
    },
  };
}

/** Resolves once a session waits for another's lock. */
export async function blocked(watcher: Client): Promise<void> {
  await eventually(async () => {
    const { rows } = await watcher.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    assert.ok(rows.length > 0, 'no session waits for a lock');
  });
}
