import { createHash } from 'node:crypto';
import { buyer, type Call, type Handler } from '../../lib/api.ts';
import { nextPage, optionalIdempotencyKey, pageOf, present } from '../../lib/exchange.ts';
import { Problem, unavailable } from '../../lib/problem.ts';
import { orderId } from '../../specs/identity.ts';
import type { Bounds } from './bounds.ts';
import { cancelOrder } from './cancellation.ts';
import { presentPlaced, toBody } from './present.ts';
import { orderEvents, readOrder } from './reading.ts';
import type { Saga } from './saga.ts';
import type { Order, OrderRequest, OrderStore } from './store.ts';
import type { Watcher } from './watcher.ts';

export interface OrdersPorts {
  store: OrderStore;
  saga: Saga;
  watcher: Watcher;
  bounds: Bounds;
}

/** The operations of the order service. */
export function orderHandlers({ store, saga, watcher, bounds }: OrdersPorts): Record<string, Handler> {
  return {
    createOrder: (call) =>
      bounds.within(async () => {
        const asked = orderRequest(call);
        // A repeated request takes no room: it is answered by the order that is there.
        if (!(await bounds.roomForNew()) && !(await store.findEarlier(asked))) {
          throw unavailable('Too many orders wait for their outcome. Send the same request again');
        }

        // The row decides who won the version and the key, before anything else is set in motion.
        const placed = await store.place(asked);
        if (placed.kind === 'stale') throw stale(placed.latestVersion);
        if (placed.kind === 'found' && placed.fingerprint !== asked.fingerprint) {
          throw new Problem(
            'key-reused',
            'This Idempotency-Key was used for another order. Send a new key for a new order',
          );
        }

        // From here on the order exists: whatever goes wrong now is a late answer, never a lost order.
        call.ctx.state['orderId'] = placed.order.id;
        presentPlaced(call, await asSettled(placed.order, { store, saga }), placed.kind === 'found');
      }),

    listOrders: async (call) => {
      const page = pageOf(call);
      const { orders, latestVersion } = await store.list(buyer(call), page);
      nextPage(call, orders.length === page.limit && orders.at(-1)!.version > 1 ? orders.at(-1)!.version : undefined);
      present(call, 200, orders.map(toBody), { headers: { etag: `"${latestVersion}"` } });
    },

    readOrder: readOrder({ store, watcher }),
    orderEvents: orderEvents({ store, watcher }),
    cancelOrder: cancelOrder({ store, saga }),
  };
}

function orderRequest(call: Call): OrderRequest {
  const ownerId = buyer(call);
  const { price, userId } = call.body as { price: number; userId?: string };
  if (userId !== undefined && userId.toLowerCase() !== ownerId)
    throw new Problem('not-your-account', 'userId, if it is sent, must be your own id');
  const key = optionalIdempotencyKey(call);
  const ifMatch = listVersion(call.header('if-match'));
  if (ifMatch === undefined && key === undefined) {
    throw new Problem(
      'precondition-missing',
      'Send If-Match with the version of your order list (0 when it is empty), or an Idempotency-Key, or both',
    );
  }
  return {
    id: orderId(ownerId, key),
    ownerId,
    price,
    ifMatch,
    key,
    fingerprint: fingerprintOf(price),
    correlationId: call.correlationId,
    traceparent: call.traceparent,
  };
}

/** `5` or `"5"`. `*`, like no header at all, means whatever version comes next. */
function listVersion(header: string | undefined): number | undefined {
  return header === undefined || header === '*' ? undefined : Number(header.replaceAll('"', ''));
}

/** Of what was ordered. The precondition is not part of it: a client that reads the list again may repeat the request with the new version. */
export const fingerprintOf = (price: number): string =>
  createHash('sha256').update(JSON.stringify({ price })).digest('hex');

const stale = (latestVersion: number) =>
  new Problem(
    'stale-order-list',
    `Your order list is at version ${latestVersion}. Read it, and send the order again if it is still missing`,
    {
      headers: { etag: `"${latestVersion}"` },
    },
  );

/** The order with its outcome, if that comes in time; as the row has it otherwise. */
async function asSettled(placed: Order, { store, saga }: Pick<OrdersPorts, 'store' | 'saga'>): Promise<Order> {
  if (placed.status !== 'IN_PROGRESS') return placed;
  const settled = await saga.outcome(placed);
  if (settled) return { ...placed, status: settled.status, firstStatus: settled.status, reason: settled.reason };
  return (await store.find(placed.id).catch(() => undefined)) ?? placed;
}
