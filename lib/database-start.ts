import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf } from './database-connect.ts';
import { databaseAdvice, isAway } from './database-faults.ts';
import { openDatabase, type Database, type DatabaseOptions } from './database.ts';
import type { Log } from './log.ts';
import { reportChanges } from './report-changes.ts';

const RETRY_MS = 1_000;

/**
 * Opens the database of a role. While the database is away, the role starts but is not ready, and the log says what it
 * waits for, once per reason. Rejects if the database can be reached but must not be used.
 */
export async function startDatabase(
  connectionString: string,
  { log, ...options }: DatabaseOptions & { log: Log },
): Promise<Database> {
  const database = openDatabase(connectionString, options);
  const at = addressOf(connectionString);
  const check = reportChanges(() => database.check(), {
    onFailed(error, reason) {
      if (isAway(error)) log.warn({ database: at, reason, advice: databaseAdvice(error) }, 'waiting for the database');
      else log.error({ database: at, reason }, 'the database must not be used');
    },
    onWorks: () => log.info({ database: at }, 'the database can be used'),
  });
  const closing = new AbortController();
  let waiting: Promise<void> | undefined;
  try {
    await check();
  } catch (error) {
    if (!isAway(error)) {
      await database.close();
      throw error;
    }
    waiting = untilUp(check, closing.signal);
  }
  return {
    ...database,
    check,
    async close() {
      closing.abort();
      await waiting;
      await database.close();
    },
  };
}

async function untilUp(check: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const isUp = await check().then(
      () => true,
      () => false,
    );
    if (isUp) return;
  }
}
