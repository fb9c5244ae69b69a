import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/api.ts';
import { orderHandlers, type OrdersPorts } from './routes.ts';
import { createWatcher } from './watcher.ts';

/** What the order service serves. */
export const ordersApi = ({ store, saga, ...ports }: Omit<OrdersPorts, 'watcher'> & Omit<ApiPorts, 'tag' | 'handlers'>): Middleware =>
  serveApi({ ...ports, tag: 'orders', handlers: orderHandlers({ store, saga, watcher: createWatcher(store) }) });
