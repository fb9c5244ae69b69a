import { unavailable } from '../../lib/http/problem.ts';

/** Runs an act when a slot is free. Rejects with `unavailable` if too many already wait. */
export type Bulkhead = <T>(act: () => Promise<T>) => Promise<T>;

/** Bounds how many acts run and wait, since each costs memory and a core. */
export function createBulkhead({ runningMax, waitingMax }: { runningMax: number; waitingMax: number }): Bulkhead {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (act) => {
    if (running >= runningMax) {
      if (waiting.length >= waitingMax) throw unavailable('Too many logins at once. Send the same request again');
      // The next waiter gets the slot directly, so that a newcomer cannot take it in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
