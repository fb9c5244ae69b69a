import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/api.ts';
import { orderHandlers, type OrdersPorts } from './routes.ts';

/** What the order service serves. */
export const ordersApi = ({ store, saga, ...ports }: OrdersPorts & Omit<ApiPorts, 'tag' | 'handlers'>): Middleware =>
  serveApi({ ...ports, tag: 'orders', handlers: orderHandlers({ store, saga }) });
