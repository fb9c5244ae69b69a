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

/** Returns once the order is settled, before the event is published, because callers wait for it. */
const outcomeUpdate = defineUpdate<SettledOrder>(OUTCOME_UPDATE);

/** Brings an order to its final status and publishes it. Every step may be repeated, by a retry or a new run. */
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

/** Returns billing's definite answer. If the charge has none by the deadline or on cancellation, cancels it first. */
async function definiteCharge(placed: OrderInput, step: Steps): Promise<ChargeOutcome> {
  try {
    return await step.chargeOrder();
  } catch (error) {
    // Any other error is a bug here. Rethrown, it fails the workflow task, which is retried until a fix is deployed.
    if (!(error instanceof TemporalFailure)) throw error;
    const cause = isCancellation(error) ? 'operator' : 'deadline';
    return CancellationScope.nonCancellable(() => {
      showProgress(placed, `cancelling the charge: no definite answer from billing (${cause})`);
      return step.cancelCharge(cause);
    });
  }
}
