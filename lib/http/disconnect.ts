import type { Context } from 'koa';

/** Aborts when the response has been sent or the client has disconnected, even if that happened before this call. */
export function responseClosedSignal({ res }: Pick<Context, 'res'>): AbortSignal {
  const closed = new AbortController();
  const abort = () => closed.abort(Object.assign(new Error('The client disconnected'), { code: 'ECONNABORTED' }));
  if (res.closed) abort();
  else res.once('close', abort);
  return closed.signal;
}
