/** What a client gets when a service does not answer as it should, and when the client does not ask as it should. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { after, beforeEach, test } from 'node:test';
import { startFarSide } from './support/far-side.ts';
import { startGateway } from './support/gateway.ts';
import { assertDocumented } from './support/openapi.ts';
import { sendRaw } from './support/raw.ts';
import { json } from './support/requests.ts';

const TOKEN = { authorization: 'Bearer a.b.c' };
const SESSION = { cookie: `session_id=${'A'.repeat(43)}` };
const auth = await startFarSide();
const service = await startFarSide();
const gateway = await startGateway({ auth: auth.url, orders: service.url, billing: 'http://127.0.0.1:1' });
const { host } = new URL(gateway.url);
const order = (headers: Record<string, string>, { url } = gateway) =>
  fetch(`${url}/orders`, { method: 'POST', ...json({ price: 5 }), headers: { ...json({}).headers, ...headers } });

beforeEach(() => {
  auth.answers();
  service.answers();
});
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

test('a service that is not there is unavailable', async () => {
  const response = await fetch(`${gateway.url}/payments`, { headers: TOKEN });
  assert.equal((await assertDocumented('readBalance', response)).type, '/problems/unavailable');
});

test('a service that breaks off before, or in the midst of its answer, is a bad gateway, and is not asked twice', async () => {
  service.answers((response) => response.destroy());
  assert.equal((await assertDocumented('createOrder', await order(TOKEN))).type, '/problems/bad-gateway');
  assert.equal(service.seen.length, 1);

  service.answers((response) =>
    response
      .writeHead(201, { 'content-type': 'application/json', 'content-length': '99' })
      .write('{"id"', () => response.destroy()),
  );
  assert.equal((await assertDocumented('createOrder', await order(TOKEN))).type, '/problems/bad-gateway');
  assert.equal(service.seen.length, 1);
});

test('a service that is silent for too long is a gateway timeout, and asks to be asked again', async (t) => {
  const hasty = await startGateway({ auth: auth.url, orders: service.url }, { answerTimeoutMs: 300 });
  t.after(() => hasty.close());
  service.answers(() => {});
  const response = await order(TOKEN, hasty);
  assert.equal(response.headers.get('retry-after'), '1');
  assert.equal((await assertDocumented('createOrder', response)).type, '/problems/gateway-timeout');
  assert.equal(service.seen.length, 1);
});

test('while sessions cannot be looked up nobody is taken for a stranger', async () => {
  auth.answers((response) => response.writeHead(503).end());
  assert.equal((await assertDocumented('createOrder', await order(SESSION))).type, '/problems/unavailable');
  auth.answers((response) => response.destroy());
  assert.equal((await assertDocumented('createOrder', await order(SESSION))).type, '/problems/bad-gateway');
  assert.deepEqual(service.seen, []);
});

test('a token holds without auth: its writes go on while they cannot be counted', async () => {
  for (const fails of [
    (response: ServerResponse) => response.writeHead(503).end(),
    (response: ServerResponse) => response.destroy(),
    () => {},
  ]) {
    auth.answers(fails);
    assert.equal((await order(TOKEN)).status, 200);
    assert.equal(auth.seen.length, 1);
  }
  assert.deepEqual(
    service.seen.map(({ headers }) => headers.authorization),
    Array(3).fill(TOKEN.authorization),
  );
});

test('who may not write any more is told so, and when, before a service is asked', async () => {
  auth.answers((response) => response.writeHead(429, { 'retry-after': '7' }).end());
  for (const headers of [TOKEN, SESSION]) {
    const response = await order(headers);
    assert.equal(response.headers.get('retry-after'), '7');
    assert.equal((await assertDocumented('createOrder', response)).type, '/problems/too-many-requests');
  }
  assert.deepEqual(service.seen, []);
});

test('when the client goes away, so does the request to the service', async () => {
  const leaving = new AbortController();
  const gone = new Promise((resolve) =>
    service.answers((response) => {
      response.once('close', resolve);
      leaving.abort();
    }),
  );
  await assert.rejects(fetch(`${gateway.url}/orders`, { headers: TOKEN, signal: leaving.signal }));
  await gone;
});

const large = 'x'.repeat(64 * 1024);
const head = (headers: string) =>
  `POST /orders HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${headers}\r\n`;

for (const [how, headers, pieces] of [
  ['by its length', `Content-Length: ${large.length * 80}\r\n`, Array<string>(80).fill(large)],
  [
    'piece by piece',
    'Transfer-Encoding: chunked\r\n',
    [...Array<string>(80).fill(`10000\r\n${large}\r\n`), '0\r\n\r\n'],
  ],
] as const) {
  test(`a body that is too large ${how} is refused while it is sent, and no service sees it`, async () => {
    const { status, text } = await sendRaw(gateway.url, head(`Authorization: Bearer a.b.c\r\n${headers}`), pieces);
    assert.equal(status, 413, text);
    assert.match(text, /application\/problem\+json[^]*"type":"\/problems\/payload-too-large"/);
    assert.deepEqual(service.seen, []);
  });
}

test('who is nobody is told so before the size of the body', async () => {
  const { status } = await sendRaw(gateway.url, head(`Content-Length: ${large.length}\r\n`), [large]);
  assert.equal(status, 401);
});

test('a body of the greatest size that is taken goes through', async () => {
  const body = JSON.stringify({ price: 5, pad: 'x'.repeat(16 * 1024 - 20) });
  assert.equal(body.length, 16 * 1024);
  await fetch(`${gateway.url}/orders`, {
    method: 'POST',
    body,
    headers: { ...TOKEN, 'content-type': 'application/json' },
  });
  assert.equal(service.seen[0]!.body, body);
});

test('a body that is both of another kind and too large is refused for its kind', async () => {
  const { status } = await fetch(`${gateway.url}/orders`, {
    method: 'POST',
    body: 'x'.repeat(20_000),
    headers: { ...TOKEN, 'content-type': 'text/plain' },
  });
  assert.deepEqual([status, service.seen.length], [415, 0]);
});

test('half a body reaches no service', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.end(`${head('Authorization: Bearer a.b.c\r\nContent-Length: 20\r\n')}{"price":`);
  // The gateway gives the request up, and then the connection.
  await once(socket.resume(), 'close');
  assert.deepEqual(service.seen, []);
});
