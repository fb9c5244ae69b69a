import { unavailable } from '../../lib/http/problem.ts';
import { createTurns } from './turns.ts';

/** Whose act it is. */
export interface Origin {
  address: string;
  /** True if the user has logged in from this address before, or is logged in now. */
  isKnown: boolean;
}

/** Runs an act when it is its turn. Rejects with `unavailable` if too many already wait. */
export type Bulkhead = <T>(origin: Origin, act: () => Promise<T>) => Promise<T>;

export interface BulkheadOptions {
  runningMax: number;
  /** Of known origins, and again as many of others. */
  waitingMax: number;
  waitingPerAddressMax?: number;
}

/**
 * Bounds how many acts run and wait, since each costs memory and a core. Addresses take turns, and so do known origins
 * and others: however many addresses strangers have, they neither fill the queue of known origins nor hold it up.
 */
export function createBulkhead({
  runningMax,
  waitingMax,
  waitingPerAddressMax = waitingMax,
}: BulkheadOptions): Bulkhead {
  const options = { waitingMax, waitingPerAddressMax, refusal };
  const [known, others] = [createTurns(options), createTurns(options)];
  const order = [known, others];
  let running = 0;

  /** Passes a free slot on. */
  function startNext(): void {
    if (order[0]!.startNext()) order.reverse();
    else if (!order[1]!.startNext()) running -= 1;
  }

  return async ({ address, isKnown }, act) => {
    if (running < runningMax) running += 1;
    else await (isKnown ? known : others).wait(address);
    try {
      return await act();
    } finally {
      startNext();
    }
  };
}

/** Without a cause, which would be logged: the limit works as intended. */
const refusal = () => unavailable('Too many logins at once. Send the same request again');
