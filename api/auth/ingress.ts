import type { Middleware } from 'koa';
import { refuseCrossSite } from '../../lib/http/cross-site.ts';
import { createRouteTable } from '../../lib/http/route-table.ts';
import type { AuthOptions } from './app.ts';
import { identifyClient, type ClientPorts } from './client.ts';

/**
 * Auth's API as an ingress may publish it. No response has a token in its headers: a page's script could read it there.
 * Writes that a page of another site sent are refused, as at the gateway.
 */
export function authIngressApi(
  api: readonly Middleware[],
  { document, ...clientPorts }: Pick<AuthOptions, 'document'> & ClientPorts,
): Middleware[] {
  const routes = createRouteTable(document);
  return [
    identifyClient(clientPorts),
    async (ctx, next) => {
      const route = routes(ctx.method, ctx.path)?.route;
      if (route) refuseCrossSite(ctx, route, ctx.state.client!);
      try {
        await next();
      } finally {
        ctx.remove('authorization');
      }
    },
    ...api,
  ];
}
