import { idParam, present } from '../../lib/http/answers.ts';
import type { AnyCall } from '../../lib/http/api.ts';
import { Problem } from '../../lib/http/problem.ts';
import type { Order } from './order.ts';
import type { OrderStore } from './store.ts';

const RETRY_AFTER_S = '2';

/** The fields of an order that clients see. */
export const toBody = ({ id, userId, price, version, status, reason, createdAt }: Order) => ({
  id,
  userId,
  price,
  version,
  status,
  ...(reason && { reason }),
  createdAt,
});

/** True while the order is in progress or being cancelled. */
export const isPending = ({ status, cancelCause }: Order): boolean =>
  status === 'IN_PROGRESS' || (status === 'SUCCESS' && cancelCause !== null);

export const etagOf = ({ version, status }: Order): string => `"${version}-${status}"`;

/** Throws the same 404 for another buyer's order and for one that does not exist. */
export async function orderOf(call: AnyCall, store: OrderStore): Promise<Order> {
  const missing = new Problem('no-such-order', 'You have no order with this id');
  const order = await store.find(idParam(call, 'id', missing));
  call.ctx.state['orderId'] = order?.id;
  if (!order || (call.caller?.kind === 'user' && order.userId !== call.caller.id)) throw missing;
  return order;
}

/** Answers 202 with where and when to read the order again. */
export const presentPending = (
  call: AnyCall,
  order: Order,
  { replayed = false, etag }: { replayed?: boolean; etag: string },
): void =>
  present(call, 202, toBody(order), {
    replayed,
    headers: { location: `/orders/${order.id}`, etag, 'retry-after': RETRY_AFTER_S },
  });

/** Answers `POST /orders`: the first final status decides between 201 and a problem, the body has the current one. */
export function presentPlaced(call: AnyCall, order: Order, replayed: boolean): void {
  const etag = `"${order.version}"`;
  const headers = { location: `/orders/${order.id}`, etag };
  if (order.status === 'IN_PROGRESS') return presentPending(call, order, { replayed, etag });
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
