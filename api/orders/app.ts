import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/http/api.ts';
import { createBounds, type BoundsOptions } from './bounds.ts';
import { createPlacing } from './placing.ts';
import { orderHandlers } from './routes.ts';
import type { OrderStore } from './store.ts';
import { createWatcher } from './watcher.ts';
import type { Saga } from './workflow.ts';

export interface OrdersApiPorts extends Omit<ApiPorts, 'tag' | 'handlers'> {
  store: OrderStore;
  saga: Saga;
  limits: BoundsOptions;
}

/** The HTTP API of the order service. */
export const ordersApi = ({ store, saga, limits, ...ports }: OrdersApiPorts): Middleware =>
  serveApi({
    ...ports,
    tag: 'orders',
    handlers: orderHandlers({
      store,
      saga,
      watcher: createWatcher(store),
      place: createPlacing({ store, saga, bounds: createBounds(store, limits) }),
    }),
  });
