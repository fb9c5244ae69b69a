import { allHandlersFinished, CancellationScope, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import { decide } from './decision.ts';
import type { OrderInput, SettledOrder } from './order.ts';
import { steps } from './steps.ts';
import { index, tell } from './story.ts';

export interface CancellationInput extends OrderInput {
  cause: 'buyer' | 'operator';
}

/** What the order is after somebody asked for its cancellation: CANCELLED, or FAILED when there was nothing to cancel. */
export const cancelledUpdate = defineUpdate<SettledOrder>('outcome');

/**
 * Takes an order back, in progress or after success. Billing is the single arbiter between this and the charge: what it stored under
 * the order's key, and for what cause, decides for both. Every step may be repeated, and nothing stops it once it has begun.
 */
export async function cancellation(asked: CancellationInput): Promise<SettledOrder> {
  return CancellationScope.nonCancellable(async () => {
    let settled: SettledOrder | undefined;
    setHandler(cancelledUpdate, async () => {
      await condition(() => settled !== undefined);
      return settled!;
    });

    tell(asked, `making billing promise that nothing is charged (${asked.cause})`);
    const decision = decide(await steps(asked).cancelCharge(asked.cause));
    // A charge that was declined, or that ended with the order's deadline: the order's own workflow writes that down.
    settled =
      decision.status === 'CANCELLED'
        ? await steps(asked).cancelOrder(decision)
        : { orderId: asked.orderId, ...decision };
    index(settled);

    if (settled.status === 'CANCELLED') {
      tell(asked, 'telling the buyer', settled);
      await steps(asked).announceOrder(settled);
    }
    tell(asked, 'done', settled);
    await condition(allHandlersFinished);
    return settled;
  });
}
