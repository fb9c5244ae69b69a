/** The length of a request's target is limited before any code reads it, and no parser fails on it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import Koa from 'koa';
import { listen, type Listener } from '../../../lib/http/listen.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { assertRefused, responseOf, sendRaw } from '../../support/requests/raw.ts';
import { startGateway } from '../../support/shop/gateway.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const BYTES_MAX = 2_048;

let internal: Listener;
let gateway: Awaited<ReturnType<typeof startGateway>>;
before(async () => {
  internal = await serveQuietly('internal', []);
  gateway = await startGateway({ auth: internal.url });
});
after(async () => {
  await gateway.close();
  await internal.close();
});

const send = async (url: string, target: string, head = '', method = 'GET') =>
  (await sendRaw(url, `${method} ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${head}\r\n`)).text;

for (const [what, target] of [
  ['path', '/'.padEnd(BYTES_MAX + 1, 'a')],
  ['query', '/orders?x='.padEnd(BYTES_MAX + 1, '&')],
  ['absolute URL', 'http://a/orders?'.padEnd(BYTES_MAX + 1, 'a')],
  ['absolute URL of another host', 'http://b/'.padEnd(BYTES_MAX + 1, 'a')],
  ['target of 15 KB', '/'.padEnd(15_000, 'a')],
] as const) {
  test(`a ${what} of more than 2 KiB is refused, on public and internal listeners`, async () => {
    for (const { url } of [gateway, internal]) await assertRefused(await send(url, target), 414, 'uri-too-long');
  });
}

test('a target of exactly 2 KiB is read', async () => {
  for (const target of ['/'.padEnd(BYTES_MAX, 'a'), '/orders?x='.padEnd(BYTES_MAX, 'a')])
    assert.equal(responseOf(await send(internal.url, target)).status, 404);
});

test('the refusal of a long target repeats a valid correlation id, and neither the target nor another id', async () => {
  const long = '/'.padEnd(3_000, 'a');
  const id = randomUUID();
  const known = responseOf(await send(gateway.url, long, `x-correlation-id: ${id}\r\n`));
  assert.equal((await assertDocumented(undefined, known)).correlationId, id);
  const text = await send(gateway.url, long, 'x-correlation-id: grace\r\n');
  assert.ok(!text.includes('grace') && !text.includes('aaa'), text);
});

test('the app never sees a long target, also of a request with an unknown Expect header', async (t) => {
  const seen: string[] = [];
  const listener = await listen(
    new Koa().use(({ url }) => void seen.push(url)),
    { host: '127.0.0.1', port: 0 },
  );
  t.after(() => listener.close());
  for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD'])
    for (const head of ['', 'expect: something\r\n', 'expect: 100-continue\r\n', 'upgrade: h2c\r\n'])
      assert.match(
        await send(listener.url, '/'.padEnd(3_000, 'a'), head, method),
        /^(HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 414 /,
      );
  assert.deepEqual(seen, []);
});

for (const target of [
  'http://[::1/',
  'http://[/',
  'http://x[y/',
  'http://a:b/',
  'http://a:99999999/',
  'http://xn--a/',
  'http://%00/',
  'HTTP://[::1]x/',
  'ftp://a/b',
  'foo://a',
  'foo://a?b',
  'http://',
  'http://?',
  'http:///orders',
  '*',
  '//[',
  '/\\[::1/',
  '/%',
  '/orders/?%',
  '/a#b',
  '/orders#a?b#c',
]) {
  test(`the target ${target} is refused, and the listener keeps working`, async () => {
    for (const { url } of [gateway, internal]) {
      const answer = responseOf(await send(url, target));
      assert.ok([400, 404].includes(answer.status), String(answer.status));
      await assertDocumented(undefined, answer);
      assert.equal((await fetch(`${url}/nothing`)).status, 404);
    }
  });
}
