import type { Context } from 'koa';
import { Problem } from '../../lib/problem.ts';
import { SESSION_COOKIE } from '../../lib/session-cookie.ts';
import type { Route } from './route-table.ts';

/** The one GET that changes something. */
const WRITING_GET = 'logoutByLink';

/**
 * Refuses a write that a page of another site makes a browser send: one that carries a session, or goes to auth, where forms are
 * taken and a stranger could log a visitor in. A browser says where a request came from; a program that says nothing has no cookie
 * that a page could misuse.
 */
export function refuseCrossSite(ctx: Context, route: Route, host: string): void {
  const writes = (ctx.method !== 'GET' && ctx.method !== 'HEAD') || route.operationId === WRITING_GET;
  if (!writes || (route.role !== 'auth' && ctx.cookies.get(SESSION_COOKIE) === undefined)) return;
  const site = ctx.get('sec-fetch-site');
  if (site && site !== 'same-origin' && site !== 'none') throw foreign();
  const origin = ctx.get('origin');
  if (origin && !isOf(origin, host)) throw foreign();
}

/** Whether the origin has this host and port, be the usual port named or not. `null`, which sandboxed pages send, has none, and equals none. */
function isOf(origin: string, host: string): boolean {
  const from = URL.parse(origin);
  return from !== null && /^https?:$/.test(from.protocol) && from.host === URL.parse(`${from.protocol}//${host}`)?.host;
}

const foreign = () => new Problem('cross-site');
