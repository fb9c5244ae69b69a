import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Context } from 'koa';
import { acceptsGzip } from './compress.ts';
import { matchesTag } from './etag.ts';

/** Responds with content that does not change while the process runs, or with 304 if the client has it. */
export type Fixed = (ctx: Context) => void;

interface Representation {
  bytes: Buffer;
  etag: string;
  encoding: string | undefined;
}

/**
 * Compresses and hashes the content once. All responses share its bytes, so a client that requests it a thousand times
 * and reads nothing takes no memory.
 */
export function fixedResponse(content: Buffer | string, type: string, headers: Record<string, string> = {}): Fixed {
  const bytes = Buffer.from(content);
  const compressed = gzipSync(bytes);
  const plain = representation(bytes);
  const gzip = compressed.length < bytes.length ? representation(compressed, 'gzip') : undefined;

  return (ctx) => {
    if (gzip) ctx.vary('accept-encoding');
    const { bytes: body, etag, encoding } = gzip && acceptsGzip(ctx) ? gzip : plain;
    ctx.set({ ...headers, etag });
    if (matchesTag(ctx.get('if-none-match') || undefined, etag)) {
      ctx.status = 304;
      return;
    }
    ctx.type = type;
    if (encoding) ctx.set('content-encoding', encoding);
    ctx.body = body;
  };
}

/** A strong tag. The compressed representation has its own, because its bytes differ. */
const representation = (bytes: Buffer, encoding?: string): Representation => ({
  bytes,
  encoding,
  etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
});
