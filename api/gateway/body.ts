import type { Context } from 'koa';
import rawBody from 'raw-body';
import { BODY_BYTES_MAX, isUnreadableBody, tooLarge, unsupported } from '../../lib/http/body.ts';
import { Problem } from '../../lib/http/problem.ts';
import type { Route } from '../../lib/http/route-table.ts';

/**
 * Reads the whole body before forwarding, so a slow client holds no connection to a service and no service sees half a
 * body. Rejects a body that is too large, even if the operation takes none.
 */
export async function readBody(ctx: Context, route: Route): Promise<Buffer | undefined> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return undefined;
  const takesBody = route.media.length > 0;
  // The contract checks the media type first.
  if (takesBody && ctx.is(route.media) === false) throw unsupported(route.media);
  if ((ctx.request.length ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  if (!takesBody && !ctx.get('transfer-encoding')) return undefined;
  try {
    const body = await rawBody(ctx.req, { limit: BODY_BYTES_MAX, length: ctx.request.length ?? null });
    return takesBody ? body : undefined;
  } catch (error) {
    const { type } = error as { type?: string };
    if (type === 'entity.too.large') {
      // Read and discard the rest: a client that is cut off while sending may miss the response. The listener's request
      // timeout limits how long this lasts.
      ctx.req.resume();
      throw tooLarge();
    }
    if (isUnreadableBody(error)) throw new Problem('bad-request', 'The body is incomplete', { cause: error });
    throw error;
  }
}
