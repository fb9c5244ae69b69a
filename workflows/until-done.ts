import { ActivityFailure, TimeoutFailure } from '@temporalio/workflow';
import type { OrderInput, SettledOrder } from '../specs/temporal.ts';
import type { Step } from './step-table.ts';
import { clearStuck, markStuck } from './web-ui.ts';

export interface RetriedStep {
  order: OrderInput;
  step: Step;
  settled: SettledOrder | undefined;
  /** Total time for all attempts. If unset, retries for ever. */
  limitMs: number | undefined;
}

export interface RetryOptions {
  scheduleToCloseTimeout?: number;
  retry?: { initialInterval: number; maximumInterval: number };
}

// A step that fails at once makes its eighth retry after 61.75 s. With a shorter timeout, Temporal would end it after
// the seventh, at 31.75 s.
const STUCK_AFTER_MS = 65_000;
/** The backoff has reached this interval by then. */
const STUCK_RETRY_MS = 30_000;

/**
 * Retries a step until it succeeds or its limit has passed. After a minute it marks the order as stuck until the step
 * ends. A timer would add events to every history, so it runs an activity with a one-minute timeout first, and if that
 * times out a second one without it.
 */
export async function untilDone<T>(
  { order, step, settled, limitMs = Infinity }: RetriedStep,
  run: (options: RetryOptions) => Promise<T>,
): Promise<T> {
  try {
    return await run({ scheduleToCloseTimeout: Math.min(STUCK_AFTER_MS, limitMs) });
  } catch (error) {
    if (limitMs <= STUCK_AFTER_MS || !hasTimedOut(error)) throw error;
    markStuck(order, step, lastFailureOf(error), settled);
  }
  try {
    return await run({
      ...(limitMs < Infinity && { scheduleToCloseTimeout: limitMs - STUCK_AFTER_MS }),
      retry: { initialInterval: STUCK_RETRY_MS, maximumInterval: STUCK_RETRY_MS },
    });
  } finally {
    clearStuck();
  }
}

/**
 * True if the step ran out of time, not if it was refused or cancelled. Checks the cause too, because older servers
 * report a timeout as non-retryable when no worker holds the task.
 */
const hasTimedOut = (error: unknown): error is ActivityFailure =>
  error instanceof ActivityFailure &&
  (error.retryState === 'TIMEOUT' ||
    (error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'SCHEDULE_TO_CLOSE'));

/** Why the last attempt failed. The server may nest it in a timeout. */
function lastFailureOf({ cause, message }: ActivityFailure): string {
  const last = cause instanceof TimeoutFailure ? (cause.cause ?? cause) : cause;
  return last?.message ?? message;
}
