import { backoffMs } from './backoff.ts';

/** The service counts as away when requests about this many buyers have failed and none was answered in between. */
const BUYERS_MIN = 3;
const PAUSE_MAX_MS = 30_000;

/**
 * While a service is away, only one attempt at a time asks it, with growing pauses, however many attempts are waiting.
 */
export interface Outage {
  /** Returns how many attempts may begin now, at most `max`. `running` is how many are running. */
  permits(max: number, running: number): number;
  isAway(): boolean;
  failed(userId: string): void;
  /** Records an answer. Returns true if the service was away. */
  answered(): boolean;
}

/** Tracks whether a service answers. */
export function createOutage(): Outage {
  const failing = new Set<string>();
  let pauses = 0;
  let pausedUntilMs = -Infinity;
  const isAway = () => failing.size >= BUYERS_MIN;
  return {
    isAway,
    permits(max, running) {
      if (!isAway()) return max;
      return running > 0 || performance.now() < pausedUntilMs ? 0 : Math.min(1, max);
    },
    failed(userId) {
      if (!isAway()) failing.add(userId);
      // Requests that began before the pause do not extend it.
      if (!isAway() || performance.now() < pausedUntilMs) return;
      pausedUntilMs = performance.now() + backoffMs(++pauses, PAUSE_MAX_MS);
    },
    answered() {
      const wasAway = isAway();
      failing.clear();
      pauses = 0;
      pausedUntilMs = -Infinity;
      return wasAway;
    },
  };
}
