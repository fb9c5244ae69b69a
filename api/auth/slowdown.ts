import { unavailable } from '../../lib/http/problem.ts';
import { longestOf } from './turns.ts';

/** How many logins wait at once. Each holds its connection and a few kilobytes, but no password slot. */
const WAITING_MAX = 500;

/** Waits before a login from this address goes on. Throws if its client has disconnected meanwhile. */
export type Slowdown = (address: string, closed: AbortSignal) => Promise<void>;

/**
 * Makes logins wait. If too many wait, the one that has waited longest goes on early, of the address with the most: no
 * login is refused for the wait, and whoever sends many waits less, so that others keep their place.
 */
export function createSlowdown({
  waitMs,
  waitingMax = WAITING_MAX,
}: {
  waitMs: number;
  waitingMax?: number;
}): Slowdown {
  /** By address. Each ends one wait; the first has waited longest. */
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
