import { setNextLink, optionalIdempotencyKey, pageParams, present } from '../../lib/http/answers.ts';
import { buyer, type Call, type Handlers } from '../../lib/http/api.ts';
import { Problem, unavailable } from '../../lib/http/problem.ts';
import { orderId } from '../../specs/identity.ts';
import type { Bounds } from './bounds.ts';
import { cancelOrder } from './cancellation.ts';
import { fingerprintOf, type Order, type OrderRequest } from './order.ts';
import { presentPlaced, toBody } from './present.ts';
import { orderEvents, readOrder } from './reading.ts';
import type { OrderStore } from './store.ts';
import type { Watcher } from './watcher.ts';
import type { Saga } from './workflow.ts';

export interface OrdersPorts {
  store: OrderStore;
  saga: Saga;
  watcher: Watcher;
  bounds: Bounds;
}

/** The operations of the order service. */
export function orderHandlers({
  store,
  saga,
  watcher,
  bounds,
}: OrdersPorts): Handlers<'createOrder' | 'listOrders' | 'readOrder' | 'orderEvents' | 'cancelOrder'> {
  return {
    createOrder: (call) =>
      bounds.within(async () => {
        const request = orderRequest(call);
        // A repeated request adds no load.
        if (!(await bounds.hasRoom()) && !(await store.findEarlier(request))) {
          throw unavailable('Too many orders are waiting for their outcome. Send the same request again');
        }

        // The insert decides who wins the version and the key, before anything else starts.
        const placed = await store.place(request);
        if (placed.kind === 'stale') throw stale(placed.latestVersion);
        if (placed.kind === 'found' && placed.fingerprint !== request.fingerprint) {
          throw new Problem(
            'key-reused',
            'This Idempotency-Key was already used for another order. Send a new key for a new order',
          );
        }

        // From here on a failure delays the answer but never loses the order.
        call.ctx.state['orderId'] = placed.order.id;
        presentPlaced(call, await withOutcome(placed.order, { store, saga }), placed.kind === 'found');
      }),

    listOrders: async (call) => {
      const page = pageParams(call);
      const { orders, latestVersion } = await store.list(buyer(call), page);
      setNextLink(
        call,
        orders.length === page.limit && orders.at(-1)!.version > 1 ? orders.at(-1)!.version : undefined,
      );
      present(call, 200, orders.map(toBody), { headers: { etag: `"${latestVersion}"` } });
    },

    readOrder: readOrder({ store, watcher }),
    orderEvents: orderEvents({ store, watcher }),
    cancelOrder: cancelOrder({ store, saga }),
  };
}

function orderRequest(call: Call<'createOrder'>): OrderRequest {
  const ownerId = buyer(call);
  const { price, userId } = call.body;
  if (userId !== undefined && userId.toLowerCase() !== ownerId)
    throw new Problem('not-your-account', 'If userId is sent, it must be your own id');
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

/** Accepts `5` and `"5"`. `*`, like no header, means the next version. */
function listVersion(header: string | undefined): number | undefined {
  return header === undefined || header === '*' ? undefined : Number(header.replaceAll('"', ''));
}

const stale = (latestVersion: number) =>
  new Problem(
    'stale-order-list',
    `Your order list is at version ${latestVersion}. Read it, and send the order again if it is still missing`,
    {
      headers: { etag: `"${latestVersion}"` },
    },
  );

/** Adds the outcome if it is known by the answer deadline. */
async function withOutcome(placed: Order, { store, saga }: Pick<OrdersPorts, 'store' | 'saga'>): Promise<Order> {
  if (placed.status !== 'IN_PROGRESS') return placed;
  const settled = await saga.awaitOutcome(placed);
  if (settled) return { ...placed, status: settled.status, firstStatus: settled.status, reason: settled.reason };
  return (await store.find(placed.id).catch(() => undefined)) ?? placed;
}
