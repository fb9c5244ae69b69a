import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import { SESSION_COOKIE, sessionToken } from '../../lib/session-cookie.ts';
import type { Client } from './client.ts';

/**
 * What a client may tell a service. All else stays here, and with it whatever could be taken for an identity (`x-user-id` and its
 * like, in any spelling) or for a word about the connection.
 */
const ASKED = [
  'accept',
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
 * What a service may tell a client. Never `authorization`, which auth answers to whoever stands in front of the services: on this
 * side a page's script could read it.
 */
const ANSWERED = [
  'allow',
  'cache-control',
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

/** What every request to a role carries: the id that ties the logs together, and how the client reached us. */
export const ownHeaders = (ctx: Context, { address, proto, host }: Client): Record<string, string> => ({
  'x-correlation-id': ctx.state['correlationId'] as string,
  'x-forwarded-for': address,
  'x-forwarded-proto': proto,
  'x-forwarded-host': host,
});

/** The headers of a client's request that a service gets to see. */
export function askedHeaders(ctx: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of ASKED) {
    const value = ctx.req.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** The session's cookie and no other, for auth alone. */
export function sessionCookie(ctx: Context): Record<string, string> {
  const token = sessionToken(ctx);
  return token ? { cookie: `${SESSION_COOKIE}=${token}` } : {};
}

/** Gives the client those headers of a service's answer that are for it. */
export function answerHeaders(ctx: Context, headers: IncomingHttpHeaders): void {
  for (const name of ANSWERED) {
    const value = headers[name];
    if (value !== undefined) ctx.set(name, value);
  }
  // The length of what a GET would have brought. Anything else has its own.
  if (ctx.method === 'HEAD' && headers['content-length'] !== undefined)
    ctx.set('content-length', headers['content-length']);
}
