import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import type { Client } from '../../lib/http/forwarded.ts';
import { readSessionCookie, sessionCookieName } from '../../lib/http/session-cookie.ts';

/** Only these go to a service. The others are dropped, since some, like `x-user-id`, could pass for an identity. */
const REQUEST_HEADERS = [
  'accept',
  // Passed on because the role compresses its responses, and the gateway does not compress them again.
  'accept-encoding',
  'accept-language',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'prefer',
  'traceparent',
  'tracestate',
  'user-agent',
] as const;

/**
 * Only these go to the client. Never add `authorization`: auth returns a token in it, which a page's script could then
 * read.
 */
const RESPONSE_HEADERS = [
  'allow',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-security-policy',
  'content-type',
  'etag',
  'idempotent-replayed',
  'link',
  'location',
  'preference-applied',
  'referrer-policy',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
  'x-user-id',
] as const;

/** Set by the gateway on each request to a role. */
export const gatewayHeaders = (ctx: Context, { address, proto, host }: Client): Record<string, string> => ({
  'x-correlation-id': ctx.state.correlationId,
  'x-forwarded-for': address,
  'x-forwarded-proto': proto,
  'x-forwarded-host': host,
});

export function requestHeaders(ctx: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of REQUEST_HEADERS) {
    const value = ctx.req.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  // `state` has the `traceparent` only if it is valid. `tracestate` means nothing without it.
  if (ctx.state.traceparent === undefined) {
    delete headers['traceparent'];
    delete headers['tracestate'];
  }
  return headers;
}

/**
 * The session cookie, without any other cookie. Empty if the request carries several different session cookies. Only
 * auth gets it.
 */
export function sessionCookie(ctx: Context, client: Client): { cookie?: string } {
  const { token } = readSessionCookie(ctx, client);
  return token === undefined ? {} : { cookie: `${sessionCookieName(client)}=${token}` };
}

/** Copies the allowed headers of a service's response. */
export function copyResponseHeaders(ctx: Context, headers: IncomingHttpHeaders): void {
  for (const name of RESPONSE_HEADERS) {
    const value = headers[name];
    if (value !== undefined) ctx.set(name, value);
  }
  // A HEAD response states the length of the GET response. For all other methods, Koa sets the length.
  if (ctx.method === 'HEAD' && headers['content-length'] !== undefined)
    ctx.set('content-length', headers['content-length']);
}
