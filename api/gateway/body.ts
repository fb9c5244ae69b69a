import type { Context } from 'koa';
import rawBody from 'raw-body';
import { BODY_BYTES_MAX, isBroken, tooLarge, unsupported } from '../../lib/body.ts';
import { Problem } from '../../lib/problem.ts';
import type { Route } from './route-table.ts';

/**
 * The whole body of a request whose operation takes one. It is read to its end before a service is asked: so a slow client holds
 * no connection to a service, a service never sees half a body, and one that is too large is refused here, also where none is taken.
 */
export async function readWhole(ctx: Context, route: Route): Promise<Buffer | undefined> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return undefined;
  const takesBody = route.media.length > 0;
  // The kind of a body is judged before its size.
  if (takesBody && ctx.is(route.media) === false) throw unsupported(route.media);
  if ((ctx.request.length ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  if (!takesBody && !ctx.get('transfer-encoding')) return undefined;
  try {
    const body = await rawBody(ctx.req, { limit: BODY_BYTES_MAX, length: ctx.request.length ?? null });
    return takesBody ? body : undefined;
  } catch (error) {
    const { type } = error as { type?: string };
    if (type === 'entity.too.large') {
      // Read on to nowhere: a client that is cut off while it sends may never see the answer. The listener bounds how long.
      ctx.req.resume();
      throw tooLarge();
    }
    if (isBroken(error)) throw new Problem('bad-request', 'The body did not arrive whole', { cause: error });
    throw error;
  }
}
