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

// If every attempt fails immediately, the eighth retry starts at 61.75 s. If the timeout came before that, Temporal
// would give up after the seventh, at 31.75 s, and the order would be marked as stuck half a minute too early.
const STUCK_AFTER_MS = 65_000;
/** By then the backoff has grown to this interval. */
const STUCK_RETRY_MS = 30_000;

/**
 * Retries a step until it succeeds or its limit has passed. After about a minute, marks the order as stuck until the
 * step ends. A first activity times out after that minute, and a second one continues the retries. A timer is not used,
 * because it would add events to every history.
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
 * True if the step ran out of time, not if it was refused or cancelled. Checks the failure's cause as well as its retry
 * state, because older Temporal servers report a timeout as non-retryable when no worker holds the task.
 */
const hasTimedOut = (error: unknown): error is ActivityFailure =>
  error instanceof ActivityFailure &&
  (error.retryState === 'TIMEOUT' ||
    (error.cause instanceof TimeoutFailure && error.cause.timeoutType === 'SCHEDULE_TO_CLOSE'));

/** Why the last attempt failed. The server may wrap that failure in a timeout. */
function lastFailureOf({ cause, message }: ActivityFailure): string {
  const last = cause instanceof TimeoutFailure ? (cause.cause ?? cause) : cause;
  return last?.message ?? message;
}
