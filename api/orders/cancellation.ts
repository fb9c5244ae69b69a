import { present } from '../../lib/http/answers.ts';
import type { Call } from '../../lib/http/api.ts';
import { Problem } from '../../lib/http/problem.ts';
import type { RequestedCause } from '../../specs/temporal.ts';
import type { Order } from './order.ts';
import { etagOf, orderOf, presentPending, toBody } from './present.ts';
import type { OrderStore } from './store.ts';
import type { Saga } from './workflow.ts';

/** Cancels an order in progress or after success. A repeated request gets the same answer. */
export const cancelOrder =
  ({ store, saga }: { store: OrderStore; saga: Saga }) =>
  async (call: Call<'cancelOrder'>): Promise<void> => {
    const order = await orderOf(call, store);
    const cause = call.caller?.kind === 'service' ? 'operator' : 'buyer';

    const settled = await cancelPlacedOrder(order, cause, { store, saga });
    if (settled.status === 'FAILED') throw notCancellable(settled);
    if (settled.status !== 'CANCELLED') return presentPending(call, settled, { etag: etagOf(settled) });
    present(call, 200, toBody(settled), { replayed: order.status === 'CANCELLED', headers: { etag: etagOf(settled) } });
  };

/**
 * Cancels an order and returns its current state. If that is not CANCELLED or FAILED yet, the cancellation continues.
 */
export async function cancelPlacedOrder(
  placed: Order,
  cause: RequestedCause,
  { store, saga }: { store: OrderStore; saga: Saga },
): Promise<Order> {
  // Once the row records the request, the cancellation happens even if the rest of this call fails.
  const order = (await store.requestCancellation(placed.id, cause)) ?? placed;
  if (!isCancellable(order)) return order;
  const settled = await saga.cancelAndWait(order, order.cancelCause ?? cause);
  const now = await store.find(order.id).catch(() => undefined);
  if (settled && settled.status !== 'FAILED' && now && isCancellable(now)) {
    // The workflow has completed, but a database restore has undone its effect on the row. Run it again.
    const restart = async () =>
      saga.startCancellation(await settleFromWorkflow(now, { store, saga }), order.cancelCause ?? cause, {
        again: true,
      });
    await restart().catch(() => undefined);
    return now;
  }
  // Answers with the workflow's outcome. After a declined charge, the row may lag behind until the order's own workflow
  // updates it.
  if (settled) return { ...order, status: settled.status, reason: settled.reason };
  return now ?? order;
}

/**
 * After a database restore a row may be IN_PROGRESS although its workflow has completed and the buyer knows the result.
 * Writes that result to the row. Rejects if Temporal does not answer.
 */
export async function settleFromWorkflow(
  order: Order,
  { store, saga }: { store: OrderStore; saga: Saga },
): Promise<Order> {
  if (order.status !== 'IN_PROGRESS') return order;
  const first = await saga.firstResult(order);
  return (first && (await store.settle(order.id, first.status, first.reason))) ?? order;
}

export const isCancellable = ({ status }: Order): boolean => status === 'IN_PROGRESS' || status === 'SUCCESS';

const notCancellable = ({ id, reason }: Order) =>
  new Problem('not-cancellable', 'This order has failed: no money was taken for it, so there is nothing to cancel', {
    members: { orderId: id, reason },
  });
