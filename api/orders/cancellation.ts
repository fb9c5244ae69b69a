import type { Handler } from '../../lib/api.ts';
import { present } from '../../lib/exchange.ts';
import { Problem } from '../../lib/problem.ts';
import { etagOf, orderOf, presentOpen, toBody } from './present.ts';
import type { Saga } from './saga.ts';
import type { CancelCause, Order, OrderStore } from './store.ts';

/** Takes an order back: in progress, or after success. Repeated, it says the same. */
export const cancelOrder =
  ({ store, saga }: { store: OrderStore; saga: Saga }): Handler =>
  async (call) => {
    const order = await orderOf(call, store);
    const cause = call.caller?.kind === 'service' ? 'operator' : 'buyer';

    const settled = await takeBack(order, cause, { store, saga });
    if (settled.status === 'FAILED') throw notCancellable(settled);
    if (settled.status !== 'CANCELLED') return presentOpen(call, settled, { etag: etagOf(settled) });
    present(call, 200, toBody(settled), { replayed: order.status === 'CANCELLED', headers: { etag: etagOf(settled) } });
  };

/** Takes an order back for a buyer or an operator. Answers the order as it then stands: where that is not CANCELLED or FAILED, it goes on by itself. */
export async function takeBack(
  placed: Order,
  cause: CancelCause,
  { store, saga }: { store: OrderStore; saga: Saga },
): Promise<Order> {
  // The row first: from here on the cancellation happens, whatever becomes of who asked for it.
  const order = (await store.requestCancellation(placed.id, cause)) ?? placed;
  if (!isOpen(order)) return order;
  const settled = await saga.cancelled(order, order.cancelCause ?? cause);
  const now = await store.find(order.id).catch(() => undefined);
  if (settled && settled.status !== 'FAILED' && now && isOpen(now)) {
    // The row was restored to before this cancellation, which has ended meanwhile, or before it was asked for: it is done again.
    const again = async () =>
      saga.startCancellation(await asFirstTold(now, { store, saga }), order.cancelCause ?? cause, { again: true });
    await again().catch(() => undefined);
    return now;
  }
  // A charge that was declined is written down by the order's own workflow, which may be on its way.
  if (settled) return { ...order, status: settled.status, reason: settled.reason };
  return now ?? order;
}

/**
 * The order, which stays what its buyer was told that it first became, whatever has become of it since: a row that was restored may say
 * that it is in progress still. Rejects without Temporal.
 */
export async function asFirstTold(order: Order, { store, saga }: { store: OrderStore; saga: Saga }): Promise<Order> {
  if (order.status !== 'IN_PROGRESS') return order;
  const first = await saga.first(order);
  return (first && (await store.settle(order.id, first.status, first.reason))) ?? order;
}

/** Whether it can still be taken back. */
export const isOpen = ({ status }: Order): boolean => status === 'IN_PROGRESS' || status === 'SUCCESS';

const notCancellable = ({ id, reason }: Order) =>
  new Problem(
    'not-cancellable',
    'This order has failed: no money was taken for it, and there is nothing to take back',
    {
      members: { orderId: id, reason },
    },
  );
