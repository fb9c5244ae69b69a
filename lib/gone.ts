import type { Context } from 'koa';

/**
 * Aborted when the client goes away before the answer is out, so that nothing is done for somebody who does not wait for it any more.
 * Also when it has gone already: while something else was awaited its connection may have closed, and nobody is told of that again.
 */
export function untilGone({ res }: Pick<Context, 'res'>): AbortSignal {
  const gone = new AbortController();
  const closed = () => {
    if (!res.writableFinished) gone.abort(Object.assign(new Error('The client went away'), { code: 'ECONNABORTED' }));
  };
  if (res.closed) closed();
  else res.once('close', closed);
  return gone.signal;
}
