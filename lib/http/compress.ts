import { gzipSync } from 'node:zlib';
import type { Context, Middleware } from 'koa';

/** A shorter response would gain nothing. */
const BYTES_MIN = 1024;
const COMPRESSIBLE = /^text\/|[/+](?:json|javascript|xml|yaml)$/;

/**
 * Compresses responses of more than 1 KB for clients that accept gzip. Does not compress streams, because each event
 * must be sent at once, nor responses that are compressed already, such as static files.
 *
 * Compresses the whole body in one call. A stream, as in koa-compress, takes 256 KB until its client has read the
 * response, and a client may never read it.
 *
 * Keeps an `ETag` strong, although proxies that compress weaken it: the `ETag` of the order list is its version, and
 * clients send it back in `If-Match`.
 */
export const compress: Middleware = async (ctx, next) => {
  await next();
  if (!COMPRESSIBLE.test(ctx.type) || ctx.response.get('content-encoding')) return;
  const bytes = bytesOf(ctx.body);
  if ((bytes?.length ?? lengthOfGet(ctx)) <= BYTES_MIN) return;
  ctx.vary('accept-encoding');
  if (!acceptsGzip(ctx)) return;
  // The gateway gets no body for HEAD, so it cannot know the length of the compressed response to GET.
  if (!bytes) return ctx.remove('content-length');
  ctx.body = gzipSync(bytes);
  ctx.set('content-encoding', 'gzip');
};

/** False if the client prefers the plain response, or names no encoding. */
export const acceptsGzip = (ctx: Context): boolean => ctx.acceptsEncodings('gzip', 'identity') === 'gzip';

/** Undefined for a stream, and for no body. */
function bytesOf(body: unknown): Buffer | undefined {
  if (body == null || typeof (body as { pipe?: unknown }).pipe === 'function') return undefined;
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** The length that a response to HEAD states. 0 for others. */
const lengthOfGet = ({ method, body, response }: Context): number =>
  method === 'HEAD' && body == null ? (response.length ?? 0) : 0;
