import assert from 'node:assert/strict';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type Client } from 'pg';
import { createAuthStore, type AuthStore } from '../../../api/auth/store.ts';
import { createBillingStore, type BillingStore } from '../../../api/billing/store.ts';
import { createOrderStore, type OrderStore } from '../../../api/orders/store.ts';
import type { Database } from '../../../lib/database.ts';
import { eventually } from '../eventually.ts';

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
  const pool = new Pool({ connectionString: url, max: 1 });
  await pool.query('begin');
  const held = createStore({ adapter: new PrismaPg(pool), statementMs: 60_000 });
  await act(held);
  return {
    async end(commit) {
      await pool.query(commit ? 'commit' : 'rollback');
      await held.close();
      await pool.end();
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
