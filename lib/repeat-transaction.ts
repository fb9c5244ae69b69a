import { createLane } from './lane.ts';
import { createLockWaits } from './lock-waits.ts';
import { retryLostRace } from './retry-lost-race.ts';

/** If the first statement waits for another transaction, the later statements see that transaction's writes. */
export const SNAPSHOT_PER_STATEMENT = { isolationLevel: 'ReadCommitted' } as const;

export type RepeatTransaction = <T>(transaction: () => Promise<T>) => Promise<T>;

/**
 * Returns a function that runs a transaction, and repeats it for `withinMs` if it waited too long for a lock or lost a
 * race: it then had no effect. The database itself repeats only statements outside a transaction. Transactions that
 * wait for locks are repeated one at a time.
 */
export function createRepeatTransaction(withinMs: number): RepeatTransaction {
  const repeatLockWaits = createLockWaits({ withinMs, lane: createLane(1) });
  return (transaction) => retryLostRace(() => repeatLockWaits(transaction), withinMs);
}
