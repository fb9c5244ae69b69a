import { timingSafeEqual } from 'node:crypto';
import { JSONToPayload, payloadToJSON, type JSONPayload } from '@temporalio/common/lib/proto-utils.js';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { Context, Middleware } from 'koa';
import rawBody from 'raw-body';
import { converted, textOr } from '../lib/config.ts';
import { Problem } from '../lib/http/problem.ts';

export const codecReaders = {
  /** Temporal's Web UI calls the codec from the browser. */
  uiOrigins: converted(
    textOr('TEMPORAL_UI_ORIGINS', 'origins whose pages may use the codec endpoint from a browser', ''),
    (origins) => origins.split(/[\s,]+/).filter(Boolean),
  ),
  codecToken: textOr(
    'TEMPORAL_CODEC_TOKEN',
    'bearer token for the codec endpoint; if unset, only loopback may use it',
    undefined,
  ),
};

export interface CodecOptions {
  codec: PayloadCodec;
  uiOrigins: readonly string[];
  /** Bearer token. If unset, only callers on loopback may use the endpoint, for example through a forwarded port. */
  codecToken: string | undefined;
}

/** Room for a page of events with their payloads. Temporal allows up to 2 MB per payload. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
const PREFLIGHT_S = 3_600;
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const RELAY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Temporal's remote codec, for the Web UI and the CLI. Its callers can decrypt everything, so serve it on an internal
 * listener only.
 */
export function serveCodec({ codec, uiOrigins, codecToken }: CodecOptions): Middleware {
  return async (ctx, next) => {
    const [, act] = /^\/codec\/(encode|decode)$/.exec(ctx.path) ?? [];
    if (!act) return next();
    ctx.state.path = ctx.path;
    admitPage(ctx, uiOrigins);
    if (ctx.method === 'OPTIONS') return answerPreflight(ctx);
    if (ctx.method !== 'POST')
      throw new Problem('method-not-allowed', `${ctx.path} allows only POST`, { headers: { allow: 'POST' } });
    admitCaller(ctx, codecToken);
    const done = await codec[act as 'encode' | 'decode'](await readPayloads(ctx)).catch((cause: Error) => {
      throw new Problem('bad-request', cause.message, { cause });
    });
    ctx.body = { payloads: done.map(payloadToJSON) };
  };
}

/**
 * Refuses web pages whose origin is not listed, even after DNS rebinding. Programs other than browsers send no Origin
 * header.
 */
function admitPage(ctx: Context, uiOrigins: readonly string[]): void {
  const origin = ctx.get('origin');
  ctx.vary('origin');
  if (!origin) return;
  if (!uiOrigins.includes(origin)) throw new Problem('forbidden', `TEMPORAL_UI_ORIGINS does not list ${origin}`);
  ctx.set({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' });
}

function answerPreflight(ctx: Context): void {
  ctx.set({
    'access-control-allow-methods': 'POST',
    // The headers that the Web UI sends, depending on its configuration.
    'access-control-allow-headers': 'authorization, caller-type, content-type, x-namespace',
    'access-control-max-age': String(PREFLIGHT_S),
  });
  ctx.status = 204;
}

function admitCaller(ctx: Context, token: string | undefined): void {
  if (token === undefined) {
    if (LOOPBACK.has(ctx.req.socket.remoteAddress ?? '') && !isRelayed(ctx)) return;
    throw new Problem('forbidden', 'TEMPORAL_CODEC_TOKEN is not set, so only callers on the same machine are served');
  }
  if (sameText(ctx.get('authorization'), `Bearer ${token}`)) return;
  throw new Problem('unauthenticated', 'Send the bearer token of this codec endpoint', {
    headers: { 'www-authenticate': 'Bearer' },
  });
}

/** A proxy on this machine also connects from loopback, but its clients may be on any machine. */
const isRelayed = ({ req }: Context): boolean => RELAY_HEADERS.some((name) => req.headers[name] !== undefined);

function sameText(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

async function readPayloads(ctx: Context): Promise<Payload[]> {
  if (!ctx.is('application/json')) throw new Problem('unsupported-media-type', 'Send the body as application/json');
  try {
    const bytes = await rawBody(ctx.req, { limit: BODY_BYTES_MAX, length: ctx.request.length ?? null });
    const { payloads } = JSON.parse(bytes.toString()) as { payloads?: unknown };
    if (Array.isArray(payloads)) return (payloads as JSONPayload[]).map(JSONToPayload);
  } catch (error) {
    const tooLarge = (error as { type?: string }).type === 'entity.too.large';
    if (tooLarge)
      throw new Problem('payload-too-large', `A body may have up to ${BODY_BYTES_MAX} bytes`, {
        headers: { connection: 'close' },
      });
    throw new Problem('bad-request', 'The body is incomplete, or is not JSON with payloads', { cause: error });
  }
  throw new Problem('bad-request', 'The body has no list "payloads"');
}
