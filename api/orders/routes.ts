import { createHash } from 'node:crypto';
import { buyer, type Call, type Handler } from '../../lib/api.ts';
import { idParam, nextPage, optionalIdempotencyKey, pageOf, present } from '../../lib/exchange.ts';
import { Problem } from '../../lib/problem.ts';
import { orderId } from '../../specs/identity.ts';
import type { Saga } from './saga.ts';
import type { Order, OrderRequest, OrderStore } from './store.ts';

export interface OrdersPorts {
  store: OrderStore;
  saga: Saga;
}

/** When to look again at an order that was not answered in time. */
const RETRY_AFTER_S = '2';

/** The operations of the order service. */
export function orderHandlers({ store, saga }: OrdersPorts): Record<string, Handler> {
  return {
    createOrder: async (call) => {
      const asked = orderRequest(call);

      // The row decides who won the version and the key, before anything else is set in motion.
      const placed = await store.place(asked);
      if (placed.kind === 'stale') throw stale(placed.latestVersion);
      if (placed.kind === 'found' && placed.fingerprint !== asked.fingerprint) {
        throw new Problem('key-reused', 'This Idempotency-Key was used for another order. Send a new key for a new order');
      }

      // From here on the order exists: whatever goes wrong now is a late answer, never a lost order.
      answerPlaced(call, await asSettled(placed.order, { store, saga }), placed.kind === 'found');
    },

    listOrders: async (call) => {
      const page = pageOf(call);
      const { orders, latestVersion } = await store.list(buyer(call), page);
      nextPage(call, orders.length === page.limit && orders.at(-1)!.version > 1 ? orders.at(-1)!.version : undefined);
      present(call, 200, orders.map(toBody), { headers: { etag: `"${latestVersion}"` } });
    },

    readOrder: async (call) => {
      const missing = new Problem('no-such-order', 'You have no order with this id');
      const order = await store.find(idParam(call, 'id', missing));
      // Another buyer's order and one that does not exist answer alike.
      if (!order || (call.caller?.kind === 'user' && order.userId !== call.caller.id)) throw missing;
      present(call, 200, toBody(order), { headers: { etag: `"${order.version}-${order.status}"` } });
    },
  };
}

function orderRequest(call: Call): OrderRequest {
  const ownerId = buyer(call);
  const { price, userId } = call.body as { price: number; userId?: string };
  if (userId !== undefined && userId.toLowerCase() !== ownerId) throw new Problem('not-your-account', 'userId, if it is sent, must be your own id');
  const key = optionalIdempotencyKey(call);
  const ifMatch = listVersion(call.header('if-match'));
  if (ifMatch === undefined && key === undefined) {
    throw new Problem('precondition-missing', 'Send If-Match with the version of your order list (0 when it is empty), or an Idempotency-Key, or both');
  }
  return { id: orderId(ownerId, key), ownerId, price, ifMatch, key, fingerprint: fingerprintOf(price), correlationId: call.correlationId };
}

/** `5` or `"5"`. `*`, like no header at all, means whatever version comes next. */
function listVersion(header: string | undefined): number | undefined {
  return header === undefined || header === '*' ? undefined : Number(header.replaceAll('"', ''));
}

/** Of what was ordered. The precondition is not part of it: a client that reads the list again may repeat the request with the new version. */
const fingerprintOf = (price: number): string => createHash('sha256').update(JSON.stringify({ price })).digest('hex');

const stale = (latestVersion: number) =>
  new Problem('stale-order-list', `Your order list is at version ${latestVersion}. Read it, and send the order again if it is still missing`, {
    headers: { etag: `"${latestVersion}"` },
  });

/** The order with its outcome, if that comes in time; as the row has it otherwise. */
async function asSettled(placed: Order, { store, saga }: OrdersPorts): Promise<Order> {
  if (placed.status !== 'IN_PROGRESS') return placed;
  const settled = await saga.outcome(placed);
  if (settled) return { ...placed, status: settled.status, reason: settled.reason };
  return (await store.find(placed.id).catch(() => undefined)) ?? placed;
}

function answerPlaced(call: Call, order: Order, replayed: boolean): void {
  const headers = { location: `/orders/${order.id}`, etag: `"${order.version}"` };
  switch (order.status) {
    case 'SUCCESS':
      return present(call, 201, toBody(order), { replayed, headers });
    case 'IN_PROGRESS':
      return present(call, 202, toBody(order), { replayed, headers: { ...headers, 'retry-after': RETRY_AFTER_S } });
    case 'FAILED':
    case 'CANCELLED':
      throw new Problem(refusalOf(order), undefined, {
        headers: replayed ? { ...headers, 'idempotent-replayed': 'true' } : headers,
        members: { orderId: order.id, reason: order.reason },
      });
  }
}

function refusalOf({ status, reason }: Order): 'order-cancelled' | 'insufficient-funds' | 'order-failed' {
  if (status === 'CANCELLED') return 'order-cancelled';
  return reason === 'insufficient-funds' ? 'insufficient-funds' : 'order-failed';
}

/** The only way out for an order. */
const toBody = ({ id, userId, price, version, status, reason, createdAt }: Order) => ({
  id,
  userId,
  price,
  version,
  status,
  ...(reason && { reason }),
  createdAt,
});
