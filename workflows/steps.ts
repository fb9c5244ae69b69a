import { isCancellation, proxyActivities, proxyLocalActivities, TemporalFailure } from '@temporalio/workflow';
import type { CancelCause, Decision, OrderActivities, OrderInput, SettledOrder } from '../specs/temporal.ts';
import {
  stepTable,
  type Step,
  type StepDeclaration,
  type StepDetail,
  type StepInput,
  type StepResult,
} from './step-table.ts';
import { untilDone, type RetryOptions } from './until-done.ts';

/** Each step as an activity, called with a summary and options. */
type Proxies = {
  readonly [S in Step]: {
    executeWithOptions(options: { summary: string } & RetryOptions, args: [StepInput<S>]): Promise<StepResult<S>>;
  };
};

const regular: Proxies = proxyActivities<OrderActivities>({
  // Longer than the timeout of billing's SQL statements and the deadline of the worker's HTTP client, so that their
  // errors are reported instead of a bare activity timeout.
  startToCloseTimeout: '5s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/**
 * Makes only one short attempt, because a local activity holds up the workflow task. The attempt runs again if the
 * worker crashes.
 */
const local: Proxies = proxyLocalActivities<OrderActivities>({
  startToCloseTimeout: '2s',
  scheduleToCloseTimeout: '3s',
  retry: { maximumAttempts: 1 },
});

/** The steps of one order, run as the step table declares. */
export const steps = (order: OrderInput) => ({
  chargeOrder: () => run(order, 'chargeOrder', undefined),
  cancelCharge: (cause: CancelCause) => run(order, 'cancelCharge', cause),
  settleOrder: (decision: Decision) => run(order, 'settleOrder', decision),
  cancelOrder: (decision: Decision) => run(order, 'cancelOrder', decision),
  announceOrder: (settled: SettledOrder) => run(order, 'announceOrder', settled),
});

export type Steps = ReturnType<typeof steps>;

async function run<S extends Step>(order: OrderInput, step: S, detail: StepDetail[S]): Promise<StepResult<S>> {
  const declared: StepDeclaration<S> = stepTable[step];
  const args: [StepInput<S>] = [declared.input(order, detail)];
  const summary = declared.summary(order, detail);
  if (declared.locallyFirst && order.charge === 'local') {
    try {
      return await local[step].executeWithOptions({ summary }, args);
    } catch (error) {
      // A failed local attempt leaves the outcome unknown, so a regular activity repeats it.
      if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    }
  }
  const retried = { order, step, settled: declared.settled?.(detail), limitMs: declared.limitMs?.(order) };
  return untilDone(retried, (options) => regular[step].executeWithOptions({ summary, ...options }, args));
}
