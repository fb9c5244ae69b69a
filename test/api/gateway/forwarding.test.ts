/** The gateway forwards headers, bodies and streams between clients and services. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRaw } from '../../support/requests/raw.ts';
import { json } from '../../support/requests/requests.ts';
import { gateway, host, service, TOKEN } from '../../support/shop/fake-backed-gateway.ts';
import { startGateway } from '../../support/shop/gateway.ts';

test('connection headers and upgrades are not forwarded', async () => {
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

test('a client that sends Expect: 100-continue gets 100 Continue', async () => {
  const { text } = await sendRaw(
    gateway.url,
    `POST /orders HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer a.b.c\r\nContent-Type: application/json\r\nContent-Length: 11\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    ['{"price":5}'],
  );
  assert.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  assert.deepEqual([service.seen[0]!.body, service.seen[0]!.headers.expect], ['{"price":5}', undefined]);
});

test('documented headers are forwarded to the service and back, and others are dropped', async () => {
  const responseHeaders = {
    etag: '"1"',
    location: '/orders/x',
    'idempotent-replayed': 'true',
    link: '</orders?before=1>; rel="next"',
    'retry-after': '1',
    authorization: 'Bearer secret',
    'x-internal': 'secret',
    server: 'secret',
  };
  service.respondWith((response) =>
    response.writeHead(202, { ...responseHeaders, 'content-type': 'application/json' }).end('{"id":1}'),
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
  for (const [name, value] of Object.entries(responseHeaders))
    assert.equal(response.headers.get(name), value.includes('secret') ? null : value);
  assert.equal(response.headers.get('x-correlation-id'), 'abc');
});

test('HEAD, 204 and 304 return no body', async () => {
  service.respondWith((response, request) =>
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

test('events of a stream are forwarded as they arrive', async () => {
  let end = () => {};
  service.respondWith((response) => {
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

test('300 open streams do not block other requests', async (t) => {
  service.respondWith((response, { url }) => {
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

test('the gateway sets the forwarded headers and accepts them only from trusted proxies', async () => {
  const claims = {
    'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.2.3',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'shop.example',
    ...TOKEN,
  };
  const forwarded = () => ['for', 'proto', 'host'].map((name) => service.seen.at(-1)!.headers[`x-forwarded-${name}`]);
  await fetch(`${gateway.url}/orders`, { headers: claims });
  assert.deepEqual(forwarded(), ['127.0.0.1', 'http', host]);

  const behind = await startGateway(
    { auth: service.url, orders: service.url },
    { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] },
  );
  await fetch(`${behind.url}/orders`, { headers: claims });
  assert.deepEqual(forwarded(), ['203.0.113.9', 'https', 'shop.example']);
  // Each proxy appends an entry, so the list is read from the right. An entry that is not an address ends the reading.
  for (const [words, address] of [
    ['6.6.6.6, 203.0.113.9:51234', '203.0.113.9'],
    ['6.6.6.6, [2001:db8::1]:443, 10.1.2.3', '2001:db8::1'],
    ['6.6.6.6, unknown', '127.0.0.1'],
    ['6.6.6.6, , 10.1.2.3', '6.6.6.6'],
    ['10.1.2.4, 10.1.2.3', '10.1.2.4'],
  ] as const) {
    await fetch(`${behind.url}/orders`, { headers: { ...claims, 'x-forwarded-for': words } });
    assert.equal(forwarded()[0], address, words);
  }
  // The origin is compared with the host that the browser used.
  const own = await fetch(`${behind.url}/auth/login`, {
    method: 'POST',
    ...json({}),
    headers: { ...json({}).headers, ...claims, origin: 'https://shop.example' },
  });
  assert.equal(own.status, 200);
  await behind.close();
});
