import type { Context } from 'koa';

/** Aborts when nobody waits for the answer any more: the client has it, or has gone away, be it only now or while something else was awaited. */
export function untilGone({ res }: Pick<Context, 'res'>): AbortSignal {
  const gone = new AbortController();
  const leave = () => gone.abort(Object.assign(new Error('The client went away'), { code: 'ECONNABORTED' }));
  if (res.closed) leave();
  else res.once('close', leave);
  return gone.signal;
}
