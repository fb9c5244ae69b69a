import { setNextLink, optionalIdempotencyKey, pageParams, present } from '../../lib/http/answers.ts';
import { buyer, type Call, type Handlers } from '../../lib/http/api.ts';
import { Problem } from '../../lib/http/problem.ts';
import { orderId } from '../../specs/identity.ts';
import { cancelOrder } from './cancellation.ts';
import { fingerprintOf, type OrderRequest } from './order.ts';
import type { Place } from './placing.ts';
import { presentPlacing, toBody } from './present.ts';
import { orderEvents, readOrder } from './reading.ts';
import type { OrderStore } from './store.ts';
import type { Watcher } from './watcher.ts';
import type { Saga } from './workflow.ts';

export interface OrdersPorts {
  store: OrderStore;
  saga: Saga;
  watcher: Watcher;
  place: Place;
}

/** The operations of the order service. */
export function orderHandlers({
  store,
  saga,
  watcher,
  place,
}: OrdersPorts): Handlers<'createOrder' | 'listOrders' | 'readOrder' | 'orderEvents' | 'cancelOrder'> {
  return {
    createOrder: async (call) => presentPlacing(call, await place(orderRequest(call))),

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

/** Accepts `5`, `"5"` and, because proxies that compress weaken tags, `W/"5"`. `*` or no header accepts any version. */
function listVersion(header: string | undefined): number | undefined {
  return header === undefined || header === '*' ? undefined : Number(header.replace(/^W\//, '').replaceAll('"', ''));
}
