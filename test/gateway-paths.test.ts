/** What reaches a service is what the contract documents, in the form that was checked. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { startFarSide } from './support/far-side.ts';
import { startGateway } from './support/gateway.ts';
import { assertDocumented } from './support/openapi.ts';
import { sendRaw } from './support/raw.ts';
import { json } from './support/requests.ts';

const TOKEN = { authorization: 'Bearer a.b.c' };
const auth = await startFarSide();
const service = await startFarSide();
const gateway = await startGateway({
  auth: auth.url,
  users: service.url,
  orders: service.url,
  billing: service.url,
  notifications: service.url,
});
const { host } = new URL(gateway.url);

beforeEach(() => service.answers());
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

const unknown = [
  '//orders /orders/ /orders// /Orders /Orders/1 /orders;x=1 /orders%2f orders /./orders /orders/. /orders/.. /orders/../payments /payments/../orders /users/a/../b /orders/a/b',
  '/orders/%2e%2e /orders/.%2E /orders/%2E /orders/%2f /orders/a%2Fb /orders/a%5cb /orders/a\\b /orders/%00 /orders/%0d%0a /orders/%7f /orders/%zz /orders/%',
  '/metrics /health /health/live/ /docs/../lib/log.ts /docs/package.json /docs/__proto__ /__proto__ /constructor',
  '* http://127.0.0.1/orders http://evil.example/orders',
].flatMap((targets) => targets.split(' '));

for (const target of unknown) {
  test(`GET ${target} reaches no service`, async () => {
    const { status, text } = await sendRaw(
      gateway.url,
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a.b.c\r\nConnection: close\r\n\r\n`,
    );
    assert.ok(status === 404 || status === 400, text);
    assert.deepEqual(service.seen, []);
  });
}

test('a request that names the whole URL of the gateway is answered as one that names the path', async () => {
  const head = `Host: ${host}\r\nAuthorization: Bearer a.b.c\r\nConnection: close`;
  assert.equal(
    (await sendRaw(gateway.url, `GET ${gateway.url}/orders?limit=1 HTTP/1.1\r\n${head}\r\n\r\n`)).status,
    200,
  );
  assert.equal(service.seen.pop()?.url, '/orders?limit=1');
});

test('an id of whatever harmless kind is for the service to judge', async () => {
  for (const id of ['1', 'a%20b', '%41', 'x.y', '..x', '...', 'a%3Fb', '%C3%BC', "a'b", 'a:b@c']) {
    await fetch(`${gateway.url}/orders/${id}?limit=%31&x=a/b`, { headers: TOKEN });
    assert.equal(service.seen.pop()?.url, `/orders/${id}?limit=%31&x=a/b`);
  }
});

test('an address answers its own methods only', async () => {
  for (const [path, method, allow] of [
    ['/orders', 'PATCH', 'GET, HEAD, POST'],
    ['/orders', 'OPTIONS', 'GET, HEAD, POST'],
    ['/payments/replenishments', 'GET', 'PUT'],
    ['/health/ready', 'POST', 'GET, HEAD'],
    ['/auth', 'POST', 'GET, HEAD'],
  ] as const) {
    const response = await fetch(gateway.url + path, { method, headers: TOKEN });
    assert.equal(response.headers.get('allow'), allow);
    assert.equal((await assertDocumented(undefined, response)).type, '/problems/method-not-allowed');
  }
  assert.deepEqual(service.seen, []);
});

test('what is not on the public side is not there', async () => {
  for (const path of ['/metrics', '/nothing', '/orders/x/y'])
    assert.equal((await assertDocumented(undefined, await fetch(gateway.url + path))).type, '/problems/not-found');
});

test('headers about the connection end here, and an upgrade is no way in', async () => {
  const hop =
    'Connection: close, x-secret, authorization\r\nx-secret: 1\r\nKeep-Alive: timeout=9\r\nTE: trailers\r\nProxy-Authorization: x\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  const { status } = await sendRaw(
    gateway.url,
    `GET /orders HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a.b.c\r\n${hop}\r\n`,
  );
  assert.equal(status, 200);
  const { headers } = service.seen[0]!;
  assert.deepEqual(
    ['x-secret', 'te', 'proxy-authorization', 'upgrade', 'sec-websocket-version'].filter(
      (name) => headers[name] !== undefined,
    ),
    [],
  );
  assert.deepEqual([headers.host, headers.authorization], [new URL(service.url).host, 'Bearer a.b.c']);
});

test('a client that asks before it sends is told to go on', async () => {
  const { text } = await sendRaw(
    gateway.url,
    `POST /orders HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a.b.c\r\nContent-Type: application/json\r\nContent-Length: 11\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    ['{"price":5}'],
  );
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  assert.deepEqual([service.seen[0]!.body, service.seen[0]!.headers.expect], ['{"price":5}', undefined]);
});

test('what a service needs of a request reaches it, and what it answers comes back', async () => {
  const answered = {
    etag: '"1"',
    location: '/orders/x',
    'idempotent-replayed': 'true',
    link: '</orders?before=1>; rel="next"',
    'retry-after': '1',
    authorization: 'Bearer secret',
    'x-internal': 'secret',
    server: 'secret',
  };
  service.answers((response) =>
    response.writeHead(202, { ...answered, 'content-type': 'application/json' }).end('{"id":1}'),
  );
  const sent = {
    'if-match': '"0"',
    'idempotency-key': 'k',
    'x-correlation-id': 'abc',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    prefer: 'wait=1',
    'content-type': 'application/json',
  };
  const response = await fetch(`${gateway.url}/orders?x=1`, {
    method: 'POST',
    body: '{"price":5}',
    headers: { ...sent, ...TOKEN },
  });
  const [seen] = service.seen;
  assert.deepEqual(
    [seen!.method, seen!.url, seen!.body, response.status, await response.json()],
    ['POST', '/orders?x=1', '{"price":5}', 202, { id: 1 }],
  );
  for (const [name, value] of Object.entries(sent)) assert.equal(seen!.headers[name], value);
  for (const [name, value] of Object.entries(answered))
    assert.equal(response.headers.get(name), value.includes('secret') ? null : value);
  assert.equal(response.headers.get('x-correlation-id'), 'abc');
});

test('HEAD, 204 and 304 come back without a body', async () => {
  service.answers((response, request) =>
    request.method === 'HEAD'
      ? response.writeHead(200, { 'content-type': 'application/json', 'content-length': '2' }).end()
      : response.writeHead(request.method === 'DELETE' ? 204 : 304).end(),
  );
  const head = await fetch(`${gateway.url}/orders`, { method: 'HEAD', headers: TOKEN });
  const deleted = await fetch(`${gateway.url}/api/v1/user/1`, { method: 'DELETE', headers: TOKEN });
  const { status } = await sendRaw(
    gateway.url,
    `GET /orders/1 HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a.b.c\r\nIf-None-Match: "1"\r\nConnection: close\r\n\r\n`,
  );
  assert.deepEqual(
    [head.status, head.headers.get('content-length'), head.headers.get('content-type'), deleted.status, status],
    [200, '2', 'application/json', 204, 304],
  );
});

test('a stream of events flows on as it comes', async () => {
  let end = () => {};
  service.answers((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    end = () => response.end('data: 2\n\n');
  });
  const reader = (await fetch(`${gateway.url}/orders/1`, { headers: TOKEN }))
    .body!.pipeThrough(new TextDecoderStream())
    .getReader();
  assert.equal((await reader.read()).value, 'data: 1\n\n');
  end();
  assert.equal((await reader.read()).value, 'data: 2\n\n');
});

test('many streams that are held do not keep anybody else waiting', async (t) => {
  service.answers((response, { url }) => {
    if (url === '/orders/1') response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    else response.setHeader('content-type', 'application/json').end('[]');
  });
  const leaving = new AbortController();
  t.after(() => leaving.abort());
  await Promise.all(
    Array.from({ length: 300 }, () => fetch(`${gateway.url}/orders/1`, { headers: TOKEN, signal: leaving.signal })),
  );
  const { status } = await fetch(`${gateway.url}/orders`, { headers: TOKEN, signal: AbortSignal.timeout(10_000) });
  assert.equal(status, 200);
});

test('how the client reached us is told by the gateway; only a proxy that is named is believed', async () => {
  const claims = {
    'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.2.3',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
    ...TOKEN,
  };
  const told = () => ['for', 'proto', 'host'].map((name) => service.seen.at(-1)!.headers[`x-forwarded-${name}`]);
  await fetch(`${gateway.url}/orders`, { headers: claims });
  assert.deepEqual(told(), ['127.0.0.1', 'http', host]);

  const behind = await startGateway(
    { auth: service.url, orders: service.url },
    { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
  );
  await fetch(`${behind.url}/orders`, { headers: claims });
  assert.deepEqual(told(), ['203.0.113.9', 'https', 'shop.example']);
  // What stands before a word of a trusted proxy that is no address may have been written by anybody.
  for (const [words, address] of [
    ['6.6.6.6, 203.0.113.9:51234', '203.0.113.9'],
    ['6.6.6.6, [2001:db8::1]:443, 10.1.2.3', '2001:db8::1'],
    ['6.6.6.6, unknown', '127.0.0.1'],
    ['6.6.6.6, , 10.1.2.3', '6.6.6.6'],
    ['10.1.2.4, 10.1.2.3', '10.1.2.4'],
  ] as const) {
    await fetch(`${behind.url}/orders`, { headers: { ...claims, 'x-forwarded-for': words } });
    assert.equal(told()[0], address, words);
  }
  // The host that the browser knows is the one that its origin is compared with.
  const own = await fetch(`${behind.url}/auth/login`, {
    method: 'POST',
    ...json({}),
    headers: { ...json({}).headers, ...claims, origin: 'https://shop.example' },
  });
  assert.equal(own.status, 200);
  await behind.close();
});
