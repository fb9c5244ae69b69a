import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineUpdate,
  isCancellation,
  setHandler,
  TemporalFailure,
} from '@temporalio/workflow';
import { OUTCOME_UPDATE, type ChargeOutcome, type OrderInput, type SettledOrder } from '../specs/temporal.ts';
import { decide } from './decision.ts';
import { steps, type Steps } from './steps.ts';
import { makeSearchable, showProgress } from './web-ui.ts';

/** Answers as soon as the order is settled: callers must not wait for Kafka. */
const outcomeUpdate = defineUpdate<SettledOrder>(OUTCOME_UPDATE);

/** Settles an order and publishes its final status. Every step is safe to repeat, in a retry or in a new run. */
export async function order(placed: OrderInput): Promise<SettledOrder> {
  const step = steps(placed);
  let settled: SettledOrder | undefined;
  setHandler(outcomeUpdate, () =>
    // Callers receive the outcome even if this workflow is cancelled.
    CancellationScope.nonCancellable(async () => {
      await condition(() => settled !== undefined);
      return settled!;
    }),
  );

  showProgress(placed, 'charging the buyer');
  const charge = await definiteCharge(placed, step);

  // The pivot: from here the workflow only moves forward, even if it is cancelled.
  return CancellationScope.nonCancellable(async () => {
    showProgress(placed, `settling the order: billing answered ${charge.outcome}`);
    settled = await step.settleOrder(decide(charge));
    makeSearchable(settled);
    showProgress(placed, 'publishing the event', settled);
    await step.announceOrder(settled);
    showProgress(placed, 'done', settled);
    await condition(allHandlersFinished);
    return settled;
  });
}

/**
 * Returns billing's definite answer to the charge. If there is none by the deadline, if the workflow is cancelled, or
 * if billing refuses for good, this cancels the charge and returns billing's answer to the cancellation.
 */
async function definiteCharge(placed: OrderInput, step: Steps): Promise<ChargeOutcome> {
  try {
    return await step.chargeOrder();
  } catch (error) {
    // Any other error is a bug in this code. It fails the workflow task, which Temporal retries until a fix is
    // deployed.
    if (!(error instanceof TemporalFailure)) throw error;
    // Only an operator cancels this workflow itself, in the Web UI. A buyer's cancellation runs as a separate workflow.
    const cause = isCancellation(error) ? 'operator' : 'deadline';
    return CancellationScope.nonCancellable(() => {
      showProgress(placed, `cancelling the charge: no definite answer from billing (${cause})`);
      return step.cancelCharge(cause);
    });
  }
}
