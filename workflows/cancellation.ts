import { allHandlersFinished, CancellationScope, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { OUTCOME_UPDATE, type CancellationInput, type SettledOrder } from '../specs/temporal.ts';
import { decide } from './decision.ts';
import { steps } from './steps.ts';
import { makeSearchable, showProgress } from './web-ui.ts';

/**
 * Returns the order's status: CANCELLED, FAILED if the order failed first, or SUCCESS if the order had succeeded and
 * its row records no cancellation request.
 */
const cancelledUpdate = defineUpdate<SettledOrder>(OUTCOME_UPDATE);

/**
 * Cancels an order that is in progress or has succeeded. Billing resolves a race with the charge: it refunds a charge
 * that came first and rejects one that comes later. Every step is safe to repeat. This workflow ignores requests to
 * cancel the workflow itself.
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
    // If the charge was declined or the deadline came first, the order's own workflow writes FAILED to the row.
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
