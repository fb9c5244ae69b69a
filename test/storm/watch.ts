import { setTimeout as sleep } from 'node:timers/promises';
import { checkAcrossDatabases, checkWithinDatabases } from './checks/databases.i1-i2-i4-i7-i10-i12-i15.ts';
import { readRows } from './checks/rows.ts';
import { checkTransitions, readTransitions } from './checks/transitions.i9-i10-i15.ts';
import type { Violation } from './checks/violation.ts';
import type { Databases } from './world/databases.ts';

export interface Watch {
  checks(): number;
  close(): Promise<void>;
}

const CHECK_EVERY_MS = 500;
/** Checks across databases read all rows, which takes longer and longer, so only every sixth round runs them. */
const ACROSS_EVERY_CHECKS = 6;

/** Checks the invariants that must hold at any time, until closed. */
export function watchDatabases(databases: Databases, onViolations: (found: Violation[]) => void): Watch {
  const closing = new AbortController();
  let checks = 0;
  const check = async () => {
    onViolations(await checkWithinDatabases(databases));
    if (checks++ % ACROSS_EVERY_CHECKS !== 0) return;
    onViolations([
      ...checkAcrossDatabases(await readRows(databases)),
      ...checkTransitions(await readTransitions(databases)),
    ]);
  };
  const ended = (async () => {
    while (!closing.signal.aborted) {
      // Fails while the database is down.
      await check().catch(() => {});
      await sleep(CHECK_EVERY_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  })();
  return {
    checks: () => checks,
    async close() {
      closing.abort();
      await ended;
    },
  };
}
