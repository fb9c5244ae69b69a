import { unavailable } from '../../lib/http/problem.ts';
import { longestOf } from './turns.ts';

/** Maximum of waiting logins. Each holds its connection and a few kilobytes, but no password slot. */
const WAITING_MAX = 500;

/** Waits before a login from this address continues. Throws if its client has disconnected meanwhile. */
export type Slowdown = (address: string, closed: AbortSignal) => Promise<void>;

/**
 * Makes logins wait, but refuses none. If too many wait, the oldest login of the address with the most waiting logins
 * continues early. So an address that sends many logins shortens its own waits and not those of others.
 */
export function createSlowdown({
  waitMs,
  waitingMax = WAITING_MAX,
}: {
  waitMs: number;
  waitingMax?: number;
}): Slowdown {
  /** Functions that each end one wait, by address, oldest first. */
  const waiting = new Map<string, Array<() => void>>();
  let size = 0;

  function enter(address: string, end: () => void): void {
    if (size >= waitingMax) longestOf(waiting)![1][0]!();
    waiting.set(address, [...(waiting.get(address) ?? []), end]);
    size += 1;
  }

  function leave(address: string, end: () => void): void {
    const others = waiting.get(address)!.filter((each) => each !== end);
    if (others.length > 0) waiting.set(address, others);
    else waiting.delete(address);
    size -= 1;
  }

  return async (address, closed) => {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        closed.removeEventListener('abort', end);
        leave(address, end);
        resolve();
      };
      enter(address, end);
      const timer = setTimeout(end, waitMs);
      if (closed.aborted) end();
      else closed.addEventListener('abort', end);
    });
    if (closed.aborted) throw unavailable('The client disconnected before its login was checked');
  };
}
