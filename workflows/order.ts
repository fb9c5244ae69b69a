import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineUpdate,
  isCancellation,
  setHandler,
  TemporalFailure,
} from '@temporalio/workflow';
import type { ChargeOutcome } from '../activities/billing.ts';
import { decide } from './decision.ts';
import { steps } from './steps.ts';
import { index, tell } from './story.ts';

/** What an order's workflow is started with. Ids and numbers only: history is read by many and kept for long. */
export interface OrderInput {
  orderId: string;
  ownerId: string;
  /** In whole minor units. */
  price: number;
  correlationId: string;
  /** The trace of the request that placed the order, if it had one. */
  traceparent?: string;
  /** For people who read the history. The key that billing gets is made anew from the order id. */
  chargeKey: string;
  charge: 'local' | 'regular';
  /** How long billing may stay silent before it is made to promise that nothing is charged. */
  deadlineS: number;
}

/** What became of an order. */
export interface SettledOrder {
  orderId: string;
  status: 'SUCCESS' | 'FAILED' | 'CANCELLED';
  reason: string | null;
}

/** Callers wait on it, so it is answered as soon as the money is settled, and before anybody is told. */
export const outcomeUpdate = defineUpdate<SettledOrder>('outcome');

/** Takes a placed order to its final status, and tells about it. Every step may be repeated, by a retry or by a new run. */
export async function order(placed: OrderInput): Promise<SettledOrder> {
  let settled: SettledOrder | undefined;
  setHandler(outcomeUpdate, () =>
    // A caller waits on while the order is cancelled: what became of it is the answer.
    CancellationScope.nonCancellable(async () => {
      await condition(() => settled !== undefined);
      return settled!;
    }),
  );

  tell(placed, 'asking billing for the money');
  const charge = await definiteCharge(placed);

  // The money has decided. From here it only goes forward.
  return CancellationScope.nonCancellable(async () => {
    tell(placed, `billing says ${charge.outcome}; writing that down`);
    settled = await steps(placed).settleOrder(decide(charge));
    index(settled);
    tell(placed, 'telling the buyer', settled);
    await steps(placed).announceOrder(settled);
    tell(placed, 'done', settled);
    await condition(allHandlersFinished);
    return settled;
  });
}

/** What billing says for certain: that it charged or declined, or, past the deadline or on cancellation, that it gave back or never will. */
async function definiteCharge(placed: OrderInput): Promise<ChargeOutcome> {
  try {
    return await steps(placed).chargeOrder();
  } catch (error) {
    // Anything else is a bug in this file: let the task fail, and go on once it is mended.
    if (!(error instanceof TemporalFailure)) throw error;
    const cause = isCancellation(error) ? 'operator' : 'deadline';
    return CancellationScope.nonCancellable(() => {
      tell(placed, `no answer that counts (${cause}): making billing promise that nothing is charged`);
      return steps(placed).cancelCharge(cause);
    });
  }
}
