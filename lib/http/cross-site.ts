import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';
import type { Route, RouteTable } from './route-table.ts';
import { readSessionCookie, type Site } from './session-cookie.ts';

/** The only GET that changes state. */
const WRITING_GET = 'logoutByLink';

/**
 * Rejects a cross-site write if it carries a session. Rejects every cross-site write to auth, where a forged form could
 * log a visitor in. Programs send neither `Sec-Fetch-Site` nor `Origin` and are let through: they hold no cookie that a
 * page could misuse.
 */
export function refuseCrossSite(ctx: Context, route: Route, client: Site): void {
  const writes = (ctx.method !== 'GET' && ctx.method !== 'HEAD') || route.operationId === WRITING_GET;
  if (!writes || (route.role !== 'auth' && !readSessionCookie(ctx, client).isSent)) return;
  const site = ctx.get('sec-fetch-site');
  if (site && site !== 'same-origin' && site !== 'none') throw new Problem('cross-site');
  const origin = ctx.get('origin');
  if (origin && !isSameHost(origin, client.host)) throw new Problem('cross-site');
}

/** Rejects the same requests in front of a role's own API. */
export const refuseForeignPages =
  (routes: RouteTable, siteOf: (ctx: Context) => Site): Middleware =>
  async (ctx, next) => {
    const route = routes(ctx.method, ctx.path)?.route;
    if (route) refuseCrossSite(ctx, route, siteOf(ctx));
    await next();
  };

/** The default port may be omitted. False for `null`, which sandboxed pages send. */
function isSameHost(origin: string, host: string): boolean {
  const from = URL.parse(origin);
  return from !== null && /^https?:$/.test(from.protocol) && from.host === URL.parse(`${from.protocol}//${host}`)?.host;
}
