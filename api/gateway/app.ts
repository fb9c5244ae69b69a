import type { Context, Middleware } from 'koa';
import type { Document } from 'openapi-backend';
import { serveApi } from '../../lib/http/api.ts';
import { serveDocs } from './docs.ts';
import type { Client } from './forwarded.ts';
import { proxy } from './proxy.ts';
import { createRouteTable } from './route-table.ts';
import { gatewayHandlers } from './routes.ts';
import type { Upstreams } from './upstreams.ts';

export interface GatewayPorts {
  /** Only documented operations are served. */
  document: Document;
  /** The same with its references, as clients and generators want it. */
  published: object;
  upstreams: Upstreams;
  clientOf: (ctx: Context) => Client;
}

/** Returns the gateway's middleware, the proxy first to keep forwarded requests fast. */
export function gatewayApi({ document, published, upstreams, clientOf }: GatewayPorts): Middleware[] {
  return [
    proxy({ upstreams, clientOf, routes: createRouteTable(document) }),
    // The gateway's own operations need no caller.
    serveApi({ document, tag: 'gateway', handlers: gatewayHandlers(upstreams), verify: async () => undefined }),
    serveDocs(published),
  ];
}
