/** Compressed responses. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Context } from 'koa';
import { startFakeService } from '../../support/fakes/service.ts';
import { startGateway } from '../../support/shop/gateway.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const LONG = 'word '.repeat(1_000);
const list = Array.from({ length: 100 }, (_, id) => ({ id, status: 'SUCCESS' }));
let answer: (ctx: Context) => void;
const listener = await serveQuietly('test', [async (ctx) => answer(ctx)]);
const service = await startFakeService();
const gateway = await startGateway({ auth: service.url, orders: service.url });
const behind = await startGateway({ auth: listener.url, orders: listener.url });
after(async () => {
  await behind.close();
  await gateway.close();
  await service.close();
  await listener.close();
});

/** The response as it was sent. `fetch` would decompress it, and `undici` would hide the headers that show this. */
async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    request(url, { method, headers: { authorization: 'Bearer a.b.c', ...headers } }, resolve)
      .on('error', reject)
      .end();
  });
  const bytes = await buffer(response);
  const encoding = response.headers['content-encoding'];
  return {
    headers: response.headers,
    encoding,
    bytes,
    text: String(encoding && bytes.length > 0 ? gunzipSync(bytes) : bytes),
  };
}
const GZIP = { 'accept-encoding': 'gzip, deflate, br' };

for (const [what, content, text] of [
  ['text', () => LONG, LONG],
  ['a buffer', () => Buffer.from(LONG), LONG],
  ['JSON', () => list, JSON.stringify(list)],
] as const) {
  test(`${what} of more than 1 KB is compressed for a client that accepts gzip, and for no other`, async () => {
    answer = (ctx) => {
      ctx.body = content();
      ctx.type = what === 'JSON' ? 'json' : 'text';
      ctx.set('etag', '"2"');
    };
    const compressed = await get(listener.url, GZIP);
    assert.deepEqual([compressed.encoding, compressed.text], ['gzip', text]);
    assert.ok(compressed.bytes.length < text.length / 2);
    assert.equal(compressed.headers['content-length'], String(compressed.bytes.length));
    assert.match(compressed.headers.vary!, /accept-encoding/i);
    assert.equal(compressed.headers.etag, '"2"');
    for (const accepted of ['', 'identity', 'br', 'gzip;q=0', 'gzip;q=0.1, identity', 'x'.repeat(2_000) + ', gzip']) {
      const plain = await get(listener.url, { 'accept-encoding': accepted });
      assert.deepEqual([plain.encoding, plain.text], [undefined, text], accepted);
      assert.match(plain.headers.vary!, /accept-encoding/i);
    }
  });
}

test('short, binary and already compressed responses stay as they are', async () => {
  for (const [type, body] of [
    ['text', 'x'.repeat(1_024)],
    ['png', LONG],
    ['application/zip', LONG],
  ] as const) {
    answer = (ctx) => {
      ctx.body = body;
      ctx.type = type;
    };
    const { encoding, text } = await get(listener.url, GZIP);
    assert.deepEqual([encoding, text], [undefined, body], type);
  }
});

test('a stream is not compressed: each event leaves at once', async () => {
  const events = new PassThrough();
  answer = (ctx) => {
    ctx.type = 'text/event-stream';
    ctx.body = events;
  };
  events.write('data: 1\n\n');
  const response = await fetch(listener.url, { headers: GZIP });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader.read()).value, 'data: 1\n\n');
  events.write(LONG);
  assert.equal((await reader.read()).value, LONG);
  assert.equal(response.headers.get('content-encoding'), null);
  events.end();
});

test('a problem is compressed too', async () => {
  answer = (ctx) => void (ctx.status = 404);
  const { encoding, text } = await get(`${listener.url}/${'a'.repeat(2_000)}`, GZIP);
  assert.equal(encoding, 'gzip');
  assert.equal((JSON.parse(text) as { type: string }).type, '/problems/not-found');
});

test('the gateway compresses what a role has not, and forwards what a role has compressed', async () => {
  service.respondWith((response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(list)));
  answer = (ctx) => void (ctx.body = list);
  for (const { url } of [gateway, behind]) {
    const { encoding, text, headers } = await get(`${url}/orders`, GZIP);
    assert.deepEqual([encoding, JSON.parse(text)], ['gzip', list]);
    assert.match(headers.vary!, /accept-encoding/i);
    assert.equal((await get(`${url}/orders`)).encoding, undefined);
  }
});

test('HEAD states no other length than that of the response to GET', async () => {
  answer = (ctx) => void (ctx.body = list);
  service.respondWith((response, { method }) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': JSON.stringify(list).length });
    response.end(method === 'HEAD' ? undefined : JSON.stringify(list));
  });
  for (const url of [listener.url, `${behind.url}/orders`, `${gateway.url}/orders`]) {
    for (const headers of [GZIP, {}]) {
      const head = await get(url, headers, 'HEAD');
      const { bytes } = await get(url, headers);
      const stated = head.headers['content-length'];
      assert.ok(stated === undefined || stated === String(bytes.length), `${stated} of ${bytes.length}`);
      assert.match(head.headers.vary!, /accept-encoding/i);
    }
  }
});
