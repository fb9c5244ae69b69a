import { unavailable } from '../../lib/http/problem.ts';
import { createTurns } from './turns.ts';

/** Where an act comes from. */
export interface Origin {
  address: string;
  /** True if the user has logged in from this address before, or is logged in now. */
  isKnown: boolean;
}

/** Runs an act when it is its turn. Rejects with `unavailable` if too many already wait. */
export type Bulkhead = <T>(origin: Origin, act: () => Promise<T>) => Promise<T>;

export interface BulkheadOptions {
  runningMax: number;
  /** Maximum for known origins. As many of the other origins may wait in addition. */
  waitingMax: number;
  waitingPerAddressMax?: number;
}

/**
 * Limits how many acts run and wait, because each takes memory and a core. Addresses take turns. Known origins and
 * others wait in separate queues, which also take turns, so strangers with many addresses cannot block known origins.
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

  /** Gives the free slot to the next waiting act. */
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

/** Has no cause, because a cause would be logged, and reaching the limit is normal. */
const refusal = () => unavailable('Too many logins at once. Send the same request again');
