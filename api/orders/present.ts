import { idParam, present } from '../../lib/http/answers.ts';
import type { AnyCall } from '../../lib/http/api.ts';
import { Problem, unavailable } from '../../lib/http/problem.ts';
import type { Order } from './order.ts';
import type { Placing } from './placing.ts';
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

/** The ETag of one order. `POST /orders` answers with the ETag of the buyer's list instead, for the next `If-Match`. */
export const etagOf = ({ version, status }: Order): string => `"${version}-${status}"`;

/** Throws the same 404 for another buyer's order and for one that does not exist. */
export async function orderOf(call: AnyCall, store: OrderStore): Promise<Order> {
  const missing = new Problem('no-such-order', 'You have no order with this id');
  const order = await store.find(idParam(call, 'id', missing));
  call.ctx.state.orderId = order?.id;
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

const BUSY = {
  'in-flight': 'Too many orders are being placed right now. Send the same request again',
  waiting: 'Too many orders are waiting for their outcome. Send the same request again',
  contended: 'You are placing too many orders at once. Send the same request again',
} as const;

/**
 * Answers `POST /orders`. A repeat gets the first outcome's status code, but the order's current status in the body.
 */
export function presentPlacing(call: AnyCall, placing: Placing): void {
  switch (placing.kind) {
    case 'stale':
      throw new Problem(
        'stale-order-list',
        `Your order list is at version ${placing.latestVersion}. Read it, and send the order again if it is still missing`,
        { headers: { etag: `"${placing.latestVersion}"` } },
      );
    case 'key-reused':
      throw new Problem(
        'key-reused',
        'This Idempotency-Key was already used for another order. Send a new key for a new order',
      );
    case 'busy':
      throw unavailable(BUSY[placing.reason]);
    default:
      presentPlaced(call, placing);
  }
}

function presentPlaced(call: AnyCall, placing: Extract<Placing, { kind: 'created' | 'open' | 'refused' }>): void {
  const { order, replayed } = placing;
  call.ctx.state.orderId = order.id;
  const etag = `"${order.version}"`;
  if (placing.kind === 'open') return presentPending(call, order, { replayed, etag });
  const headers = { location: `/orders/${order.id}`, etag };
  if (placing.kind === 'created') return present(call, 201, toBody(order), { replayed, headers });
  throw new Problem(placing.refusal, undefined, {
    headers: replayed ? { ...headers, 'idempotent-replayed': 'true' } : headers,
    members: { orderId: order.id, reason: order.reason },
  });
}
