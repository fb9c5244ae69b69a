import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/http/api.ts';
import { billingHandlers } from './routes.ts';
import type { BillingStore } from './store.ts';

/** Billing's HTTP API. */
export const billingApi = ({
  store,
  ...ports
}: { store: BillingStore } & Omit<ApiPorts, 'tag' | 'handlers'>): Middleware =>
  serveApi({ ...ports, tag: 'billing', handlers: billingHandlers(store) });
