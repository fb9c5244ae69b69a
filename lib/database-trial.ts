import type { ClientBase, QueryResult } from 'pg';
import { takesNoWrites } from './database-faults.ts';

/** Minimum time between two trial writes. In between, the result of the last one is used. */
const EVERY_MS = 10_000;
/** SQLSTATE: raised by a function, such as an event trigger that forbids the creation of tables. */
const RAISED = 'P0001';
const WRITING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

interface Refusal {
  error: unknown;
  /** Whether a write of the pool has succeeded since. */
  isOvercome: boolean;
}

/**
 * Tracks whether the server accepts writes, by the pool's own writes and by trial writes. If trial writes are
 * impossible, the server counts as refusing writes from the first refused write until the next successful one.
 */
export function createWriteTrial() {
  let refusal: Refusal | undefined;
  let dueMs = -Infinity;
  let canTry = true;
  let running: Promise<void> | undefined;

  const refuse = (error: unknown) => {
    refusal = { error, isOvercome: false };
    dueMs = performance.now() + EVERY_MS;
  };
  const attempt = async (client: ClientBase) => {
    dueMs = performance.now() + EVERY_MS;
    const known = refusal;
    try {
      canTry = await write(client);
      // A write of the pool may have been refused meanwhile.
      if (canTry && refusal === known) refusal = undefined;
    } catch (error) {
      if ((error as { code?: unknown }).code === RAISED) canTry = false;
      else refuse(error);
    }
  };

  return {
    /** Takes the error of a statement. */
    noteError(error: unknown): void {
      if (takesNoWrites(error)) refuse(error);
    },
    /** Takes the result of a statement. */
    noteResult({ command, rowCount }: Pick<QueryResult, 'command' | 'rowCount'>): void {
      if (refusal && rowCount && WRITING.has(command)) refusal.isOvercome = true;
    },
    /** Rejects with the reason if the server refuses writes. Tries to write if the last result is too old. */
    async check(client: ClientBase): Promise<void> {
      if (performance.now() >= dueMs) running ??= attempt(client).finally(() => (running = undefined));
      await running;
      // On a full disk, small writes may still succeed. So a successful write ends the refusal only if no trial is possible.
      if (refusal && (canTry || !refusal.isOvercome)) throw refusal.error;
    },
  };
}

/**
 * Writes enough data to make a file of the database grow, which fails on a full disk. Commits, because only a commit
 * waits for the log and for synchronous standbys. Returns false if the role may not create temporary tables.
 */
async function write(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    `select has_database_privilege(current_database(), 'temp') as may`,
  );
  if (!rows[0]!.may) return false;
  // Sent as one string, both statements are one transaction.
  await client.query(`
    set local temp_tablespaces = '';
    create temporary table order_saga_write on commit drop as
    select repeat(md5(n::text), 60) as filler from generate_series(1, 64) as n`);
  return true;
}
