import type { Call } from '../../lib/api.ts';
import { idParam, present } from '../../lib/exchange.ts';
import { Problem } from '../../lib/problem.ts';
import type { Order, OrderStore } from './store.ts';

/** When to look again at an order that was not answered in time. */
const RETRY_AFTER_S = '2';

/** The only way out for an order. */
export const toBody = ({ id, userId, price, version, status, reason, createdAt }: Order) => ({
  id,
  userId,
  price,
  version,
  status,
  ...(reason && { reason }),
  createdAt,
});

/** Whether it is going to be something else by itself: it is in progress, or has succeeded and is being taken back. */
export const isUnderWay = ({ status, cancelCause }: Order): boolean =>
  status === 'IN_PROGRESS' || (status === 'SUCCESS' && cancelCause !== null);

/** Changes whenever the order does: the version of the list that it made, and where it stands. */
export const etagOf = ({ version, status }: Order): string => `"${version}-${status}"`;

/** The order that the path names, if the caller may know of it. Another buyer's order and one that does not exist answer alike. */
export async function orderOf(call: Call, store: OrderStore): Promise<Order> {
  const missing = new Problem('no-such-order', 'You have no order with this id');
  const order = await store.find(idParam(call, 'id', missing));
  call.ctx.state['orderId'] = order?.id;
  if (!order || (call.caller?.kind === 'user' && order.userId !== call.caller.id)) throw missing;
  return order;
}

/** Answers an order that is still under way: where to look, and when. */
export const presentOpen = (
  call: Call,
  order: Order,
  { replayed = false, etag }: { replayed?: boolean; etag: string },
): void =>
  present(call, 202, toBody(order), {
    replayed,
    headers: { location: `/orders/${order.id}`, etag, 'retry-after': RETRY_AFTER_S },
  });

/** Answers the request that placed an order, as it was answered when the order first became final, with the order as it now stands. */
export function presentPlaced(call: Call, order: Order, replayed: boolean): void {
  const etag = `"${order.version}"`;
  const headers = { location: `/orders/${order.id}`, etag };
  if (order.status === 'IN_PROGRESS') return presentOpen(call, order, { replayed, etag });
  if ((order.firstStatus ?? order.status) === 'SUCCESS')
    return present(call, 201, toBody(order), { replayed, headers });
  throw new Problem(refusalOf(order), undefined, {
    headers: replayed ? { ...headers, 'idempotent-replayed': 'true' } : headers,
    members: { orderId: order.id, reason: order.reason },
  });
}

function refusalOf({ status, reason }: Order): 'order-cancelled' | 'insufficient-funds' | 'order-failed' {
  if (status === 'CANCELLED') return 'order-cancelled';
  return reason === 'insufficient-funds' ? 'insufficient-funds' : 'order-failed';
}
