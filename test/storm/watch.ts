import { setTimeout as sleep } from 'node:timers/promises';
import { readBooks } from './checks/books.ts';
import { brokenAcross, brokenNow } from './checks/snapshot.ts';
import { brokenTransitions, readTransitions } from './checks/transitions.ts';
import type { Violation } from './checks/violation.ts';
import type { Databases } from './world/databases.ts';

export interface Watch {
  /** How often everything was looked at. */
  looks(): number;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 500;
/** Everything is read for it, and that takes longer and longer. */
const ACROSS_EVERY_LOOKS = 6;

/** Looks, from now until it is closed, whether what must hold at any moment does. */
export function watchBooks(databases: Databases, onViolations: (found: Violation[]) => void): Watch {
  const closing = new AbortController();
  let looks = 0;
  const look = async () => {
    onViolations(await brokenNow(databases));
    if (looks++ % ACROSS_EVERY_LOOKS !== 0) return;
    onViolations([...brokenAcross(await readBooks(databases)), ...brokenTransitions(await readTransitions(databases))]);
  };
  const ended = (async () => {
    while (!closing.signal.aborted) {
      // Nothing can be said while the database is away.
      await look().catch(() => {});
      await sleep(LOOK_EVERY_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  })();
  return {
    looks: () => looks,
    async close() {
      closing.abort();
      await ended;
    },
  };
}
