import { bulkhead, BulkheadRejectedError } from 'cockatiel';
import { unavailable } from '../../lib/http/problem.ts';

/** Runs an act when a slot is free, in order of arrival. Rejects with `unavailable` if too many already wait. */
export type Bulkhead = <T>(act: () => Promise<T>) => Promise<T>;

/** Bounds how many acts run and wait, since each costs memory and a core. */
export function createBulkhead({ runningMax, waitingMax }: { runningMax: number; waitingMax: number }): Bulkhead {
  const policy = bulkhead(runningMax, waitingMax);
  return async (act) => {
    try {
      return await policy.execute(act);
    } catch (error) {
      if (!(error instanceof BulkheadRejectedError)) throw error;
      // The error is not passed on as the cause, which would be logged: the limit works as intended.
      throw unavailable('Too many logins at once. Send the same request again');
    }
  };
}
