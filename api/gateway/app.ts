import type { Context, Middleware } from 'koa';
import type { Document } from 'openapi-backend';
import { serveApi } from '../../lib/api.ts';
import type { Client } from './client.ts';
import { serveDocs } from './docs.ts';
import { proxy } from './proxy.ts';
import { createRouteTable } from './route-table.ts';
import { gatewayHandlers } from './routes.ts';
import type { Upstreams } from './upstreams.ts';

export interface GatewayPorts {
  /** What is documented is served, and nothing else. */
  document: Document;
  upstreams: Upstreams;
  clientOf: (ctx: Context) => Client;
}

/** What the gateway serves, in this order: the way of an order comes first and is short. */
export function gatewayApi({ document, upstreams, clientOf }: GatewayPorts): Middleware[] {
  return [
    proxy({ upstreams, clientOf, routes: createRouteTable(document) }),
    // None of its own operations is for a caller who says who they are.
    serveApi({ document, tag: 'gateway', handlers: gatewayHandlers(upstreams), verify: async () => undefined }),
    serveDocs(document),
  ];
}
