/** Whether somebody still waits for an answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { Middleware } from 'koa';
import { untilGone } from '../lib/gone.ts';
import { serveQuietly } from './support/service.ts';

async function serve(t: TestContext, middleware: Middleware): Promise<string> {
  const { url, close } = await serveQuietly('test', [middleware], { operations: false });
  t.after(close);
  return url;
}

for (const when of ['before it is asked', 'while it is asked'] as const) {
  test(`a client that goes away ${when} is noticed`, async (t) => {
    const [asked, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<AbortSignal>()];
    const url = await serve(t, async (ctx) => {
      const early = when === 'before it is asked' ? undefined : untilGone(ctx);
      asked.resolve();
      await once(ctx.res, 'close');
      seen.resolve(early ?? untilGone(ctx));
    });
    const leaving = new AbortController();
    const request = fetch(url, { signal: leaving.signal });
    await asked.promise;
    leaving.abort();
    await assert.rejects(request, { name: 'AbortError' });
    const { aborted, reason } = await seen.promise;
    assert.deepEqual([aborted, reason.code], [true, 'ECONNABORTED']);
  });
}

test('a client that waits is there, and has gone when it has its answer', async (t) => {
  let signal: AbortSignal;
  const url = await serve(t, async (ctx) => {
    signal = untilGone(ctx);
    ctx.body = { gone: signal.aborted };
  });
  const closed = async () => signal.aborted || once(signal, 'abort');
  assert.deepEqual(await (await fetch(url)).json(), { gone: false });
  await closed();
});
