import { databaseFault } from './database-faults.ts';
import { createLane, NoTurn, type Lane } from './lane.ts';

/**
 * A statement that waits this long for a lock fails and gives its connection back. A lock of ours is held for the few
 * milliseconds of one statement; one that is held for longer belongs to a person, a migration or a stalled process.
 */
export const LOCK_TIMEOUT_MS = 100;

/** How many connections of a pool may wait for locks that are known to be held, however many locks these are. */
export const HELD_CONCURRENT_MAX = 2;

export type LockWaits = <T>(statement: () => Promise<T>) => Promise<T>;

/**
 * Runs a statement, and runs it again as long as it fails because of a lock, until `withinMs` have passed. From the
 * second time on it waits for a turn in `lane`, so that statements that wait for held locks leave the other connections
 * to everyone else. A statement that failed had no effect.
 */
export const createLockWaits =
  ({ withinMs, lane = createLane(HELD_CONCURRENT_MAX) }: { withinMs: number; lane?: Lane }): LockWaits =>
  async (statement) => {
    const untilMs = performance.now() + withinMs;
    let held: unknown;
    for (let run = statement; ; run = () => lane(statement, untilMs)) {
      try {
        return await run();
      } catch (error) {
        if (error instanceof NoTurn) throw held;
        if (databaseFault(error) !== 'timeout' || performance.now() >= untilMs) throw error;
        held = error;
      }
    }
  };
