/** The signal of a request aborts when the client disconnects or has received its answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { Middleware } from 'koa';
import { responseClosedSignal } from '../../../lib/http/disconnect.ts';
import { serveQuietly } from '../../support/shop/service.ts';

async function serve(t: TestContext, middleware: Middleware): Promise<string> {
  const { url, close } = await serveQuietly('test', [middleware], { operations: false });
  t.after(close);
  return url;
}

for (const when of ['before', 'after'] as const) {
  test(`a client that disconnects ${when} the signal is created aborts the signal`, async (t) => {
    const [requested, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<AbortSignal>()];
    const url = await serve(t, async (ctx) => {
      const early = when === 'before' ? undefined : responseClosedSignal(ctx);
      requested.resolve();
      await once(ctx.res, 'close');
      seen.resolve(early ?? responseClosedSignal(ctx));
    });
    const leaving = new AbortController();
    const request = fetch(url, { signal: leaving.signal });
    await requested.promise;
    leaving.abort();
    await assert.rejects(request, { name: 'AbortError' });
    const { aborted, reason } = await seen.promise;
    assert.deepEqual([aborted, reason.code], [true, 'ECONNABORTED']);
  });
}

test('the signal is not aborted while the client waits, and aborts once the client has its answer', async (t) => {
  let signal: AbortSignal;
  const url = await serve(t, async (ctx) => {
    signal = responseClosedSignal(ctx);
    ctx.body = { aborted: signal.aborted };
  });
  const closed = async () => signal.aborted || once(signal, 'abort');
  assert.deepEqual(await (await fetch(url)).json(), { aborted: false });
  await closed();
});
