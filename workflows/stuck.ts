import { ActivityFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { OrderInput, SettledOrder } from './order.ts';
import { clearStuck, tellStuck } from './story.ts';

/** What is being tried, and what is known of the order by then. */
export interface Trial {
  order: OrderInput;
  step: keyof Activities;
  settled?: SettledOrder;
  /** After so long it is given up. Without it, never. */
  limitMs?: number;
}

/** The bounds of one row of tries. */
export interface Bounds {
  scheduleToCloseTimeout?: number;
  retry?: { initialInterval: number; maximumInterval: number };
}

// A minute and a little: a step that fails at once is tried for the eighth time after 61.75 s, and without that try it would be
// given up after half a minute.
const SEEN_AFTER_MS = 65_000;
/** The pace that the tries before have come to. */
const PACE_MS = 30_000;

/**
 * Tries a step until it succeeds or its limit has passed. One that has not succeeded for a minute can be found and says so in the
 * Web UI until it is through. A step that succeeds sooner leaves nothing of this in the history: there is no timer beside it, it
 * is tried for a minute first, and after that once more without that bound.
 */
export async function untilDone<T>(trial: Trial, attempt: (bounds: Bounds) => Promise<T>): Promise<T> {
  const { limitMs = Infinity } = trial;
  try {
    return await attempt({ scheduleToCloseTimeout: Math.min(SEEN_AFTER_MS, limitMs) });
  } catch (error) {
    if (limitMs <= SEEN_AFTER_MS || !hasRunOutOfTime(error)) throw error;
    tellStuck(trial.order, trial.step, reasonOf(error), trial.settled);
  }
  try {
    return await attempt({
      ...(limitMs < Infinity && { scheduleToCloseTimeout: limitMs - SEEN_AFTER_MS }),
      retry: { initialInterval: PACE_MS, maximumInterval: PACE_MS },
    });
  } finally {
    clearStuck();
  }
}

/**
 * True of a step that might have succeeded later: neither refused for good nor cancelled. Its cause is whatever the last try ended with,
 * or that the time was over, which older servers call not retryable where it ends while nobody has the task.
 */
const hasRunOutOfTime = (error: unknown): error is ActivityFailure =>
  error instanceof ActivityFailure &&
  (error.retryState === 'TIMEOUT' ||
    (error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'SCHEDULE_TO_CLOSE'));

/** What the last try ended with. Of one that did not answer in time, the server tells in a failure within its own. */
function reasonOf({ cause, message }: ActivityFailure): string {
  const last = cause instanceof TimeoutFailure ? (cause.cause ?? cause) : cause;
  return last?.message ?? message;
}
