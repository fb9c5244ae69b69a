import type { Middleware } from 'koa';
import type { Document } from 'openapi-backend';
import { serveApi } from '../../lib/http/api.ts';
import type { ClientReader } from '../../lib/http/forwarded.ts';
import { clearPlantedCookies } from '../../lib/http/planted-cookies.ts';
import { createRouteTable } from '../../lib/http/route-table.ts';
import { serveDocs } from './docs.ts';
import { proxy } from './proxy.ts';
import { gatewayHandlers } from './routes.ts';
import type { Upstreams } from './upstreams.ts';

export interface GatewayPorts {
  /** Only documented operations are served. */
  document: Document;
  /** The same document with its `$ref`s unresolved, as clients and generators want it. */
  published: object;
  upstreams: Upstreams;
  clientOf: ClientReader;
  /** Aborted when the process starts to end: the gateway is then unready. */
  ending?: AbortSignal | undefined;
}

/** Returns the gateway's middleware. The proxy comes before the other handlers, to keep forwarded requests fast. */
export function gatewayApi({ document, published, upstreams, clientOf, ending }: GatewayPorts): Middleware[] {
  return [
    clearPlantedCookies(clientOf),
    proxy({ upstreams, clientOf, routes: createRouteTable(document) }),
    // The gateway's own operations are open to anyone, so there is no token to verify.
    serveApi({ document, tag: 'gateway', handlers: gatewayHandlers(upstreams, ending), verify: async () => undefined }),
    serveDocs(published),
  ];
}
