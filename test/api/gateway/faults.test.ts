/** The gateway's answers if a service fails, a client is over the limit, or a body is invalid. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { after, beforeEach, test } from 'node:test';
import { startFakeService } from '../../support/fakes/service.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { sendRaw } from '../../support/requests/raw.ts';
import { json } from '../../support/requests/requests.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const TOKEN = { authorization: 'Bearer a.b.c' };
const SESSION = { cookie: `session_id=${'A'.repeat(43)}` };
const auth = await startFakeService();
const service = await startFakeService();
const gateway = await startGateway({ auth: auth.url, orders: service.url, billing: 'http://127.0.0.1:1' });
const { host } = new URL(gateway.url);
const order = (headers: Record<string, string>, { url } = gateway) =>
  fetch(`${url}/orders`, { method: 'POST', ...json({ price: 5 }), headers: { ...json({}).headers, ...headers } });

beforeEach(() => {
  auth.respondWith();
  service.respondWith();
});
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

test('an unreachable service is reported as unavailable', async () => {
  const response = await fetch(`${gateway.url}/payments`, { headers: TOKEN });
  assert.equal((await assertDocumented('readBalance', response)).type, '/problems/unavailable');
});

test('a connection that breaks before or during the answer is reported as bad-gateway, without a retry', async () => {
  service.respondWith((response) => response.destroy());
  assert.equal((await assertDocumented('createOrder', await order(TOKEN))).type, '/problems/bad-gateway');
  assert.equal(service.seen.length, 1);

  service.respondWith((response) =>
    response
      .writeHead(201, { 'content-type': 'application/json', 'content-length': '99' })
      .write('{"id"', () => response.destroy()),
  );
  assert.equal((await assertDocumented('createOrder', await order(TOKEN))).type, '/problems/bad-gateway');
  assert.equal(service.seen.length, 1);
});

test('a service without an answer is reported as gateway-timeout with Retry-After', async (t) => {
  const hasty = await startGateway({ auth: auth.url, orders: service.url }, { answerTimeoutMs: 300 });
  t.after(() => hasty.close());
  service.respondWith(() => {});
  const response = await order(TOKEN, hasty);
  assert.equal(response.headers.get('retry-after'), '1');
  assert.equal((await assertDocumented('createOrder', response)).type, '/problems/gateway-timeout');
  assert.equal(service.seen.length, 1);
});

test('a failed session lookup is reported as a failure of auth, not as 401', async () => {
  auth.respondWith((response) => response.writeHead(503).end());
  assert.equal((await assertDocumented('createOrder', await order(SESSION))).type, '/problems/unavailable');
  auth.respondWith((response) => response.destroy());
  assert.equal((await assertDocumented('createOrder', await order(SESSION))).type, '/problems/bad-gateway');
  assert.deepEqual(service.seen, []);
});

test('writes with a token pass while auth cannot count them', async () => {
  for (const fails of [
    (response: ServerResponse) => response.writeHead(503).end(),
    (response: ServerResponse) => response.destroy(),
    () => {},
  ]) {
    auth.respondWith(fails);
    assert.equal((await order(TOKEN)).status, 200);
    assert.equal(auth.seen.length, 1);
  }
  assert.deepEqual(
    service.seen.map(({ headers }) => headers.authorization),
    Array(3).fill(TOKEN.authorization),
  );
});

test('a write over the limit gets 429 with Retry-After and reaches no service', async () => {
  auth.respondWith((response) => response.writeHead(429, { 'retry-after': '7' }).end());
  for (const headers of [TOKEN, SESSION]) {
    const response = await order(headers);
    assert.equal(response.headers.get('retry-after'), '7');
    assert.equal((await assertDocumented('createOrder', response)).type, '/problems/too-many-requests');
  }
  assert.deepEqual(service.seen, []);
});

test('if the client disconnects, the request to the service is aborted', async () => {
  const leaving = new AbortController();
  const aborted = new Promise((resolve) =>
    service.respondWith((response) => {
      response.once('close', resolve);
      leaving.abort();
    }),
  );
  await assert.rejects(fetch(`${gateway.url}/orders`, { headers: TOKEN, signal: leaving.signal }));
  await aborted;
});

const large = 'x'.repeat(64 * 1024);
const head = (headers: string) =>
  `POST /orders HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${headers}\r\n`;

for (const [how, headers, pieces] of [
  ['with its length', `Content-Length: ${large.length * 80}\r\n`, Array<string>(80).fill(large)],
  ['in chunks', 'Transfer-Encoding: chunked\r\n', [...Array<string>(80).fill(`10000\r\n${large}\r\n`), '0\r\n\r\n']],
] as const) {
  test(`an oversized body, sent ${how}, is refused during the upload and reaches no service`, async () => {
    const { status, text } = await sendRaw(gateway.url, head(`Authorization: Bearer a.b.c\r\n${headers}`), pieces);
    assert.equal(status, 413, text);
    assert.match(text, /application\/problem\+json[^]*"type":"\/problems\/payload-too-large"/);
    assert.deepEqual(service.seen, []);
  });
}

test('an unauthenticated request gets 401 even if its body is oversized', async () => {
  const { status } = await sendRaw(gateway.url, head(`Content-Length: ${large.length}\r\n`), [large]);
  assert.equal(status, 401);
});

test('a body of the maximum size is forwarded', async () => {
  const body = JSON.stringify({ price: 5, pad: 'x'.repeat(16 * 1024 - 20) });
  assert.equal(body.length, 16 * 1024);
  await fetch(`${gateway.url}/orders`, {
    method: 'POST',
    body,
    headers: { ...TOKEN, 'content-type': 'application/json' },
  });
  assert.equal(service.seen[0]!.body, body);
});

test('an oversized body of the wrong media type is refused for its media type', async () => {
  const { status } = await fetch(`${gateway.url}/orders`, {
    method: 'POST',
    body: 'x'.repeat(20_000),
    headers: { ...TOKEN, 'content-type': 'text/plain' },
  });
  assert.deepEqual([status, service.seen.length], [415, 0]);
});

test('an incomplete body reaches no service', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.end(`${head('Authorization: Bearer a.b.c\r\nContent-Length: 20\r\n')}{"price":`);
  // The gateway drops the request and closes the connection.
  await once(socket.resume(), 'close');
  assert.deepEqual(service.seen, []);
});
