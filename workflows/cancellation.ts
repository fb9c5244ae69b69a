import { allHandlersFinished, CancellationScope, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { OUTCOME_UPDATE, type CancellationInput, type SettledOrder } from '../specs/temporal.ts';
import { decide } from './decision.ts';
import { steps } from './steps.ts';
import { makeSearchable, showProgress } from './web-ui.ts';

/** Returns CANCELLED; FAILED if the order had failed; SUCCESS if its row records no cancellation request. */
const cancelledUpdate = defineUpdate<SettledOrder>(OUTCOME_UPDATE);

/**
 * Cancels an order that is in progress or has succeeded. Billing arbitrates between this workflow and the charge: what
 * it stored first under the order's key decides for both. Every step may be repeated, and this workflow ignores
 * requests to cancel it.
 */
export async function cancellation(request: CancellationInput): Promise<SettledOrder> {
  const step = steps(request);
  return CancellationScope.nonCancellable(async () => {
    let settled: SettledOrder | undefined;
    setHandler(cancelledUpdate, async () => {
      await condition(() => settled !== undefined);
      return settled!;
    });

    showProgress(request, `cancelling the charge (${request.cause})`);
    const decision = decide(await step.cancelCharge(request.cause));
    // After a declined charge or a passed deadline, the order's own workflow updates the row.
    settled =
      decision.status === 'CANCELLED' ? await step.cancelOrder(decision) : { orderId: request.orderId, ...decision };
    makeSearchable(settled);

    if (settled.status === 'CANCELLED') {
      showProgress(request, 'publishing the event', settled);
      await step.announceOrder(settled);
    }
    showProgress(request, 'done', settled);
    await condition(allHandlersFinished);
    return settled;
  });
}
