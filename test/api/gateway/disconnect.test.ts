/** Clients that disconnect, or send invalid requests, cause no faults at the gateway or its services. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, beforeEach, test } from 'node:test';
import { register } from 'prom-client';
import { eventually } from '../../support/eventually.ts';
import { startFakeService } from '../../support/fakes/service.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { sendRaw } from '../../support/requests/raw.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const TOKEN = { authorization: 'Bearer a.b.c' };
const auth = await startFakeService();
const service = await startFakeService();
const gateway = await startGateway({ auth: auth.url, orders: service.url });
const { host } = new URL(gateway.url);
const path = `/orders/${randomUUID()}/events`;
const respondWithStream = () =>
  service.respondWith((response, { method }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (method === 'HEAD') response.end();
    else response.write('data: {}\n\n');
  });
const statuses = async () =>
  [...(await register.metrics()).matchAll(/^http_request_duration_seconds_count\{.*status="(\d+)"/gm)].map(
    ([, status]) => status,
  );

beforeEach(() => {
  auth.respondWith();
  service.respondWith();
  register.resetMetrics();
});
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

async function open(head: string) {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(head);
  return socket;
}

test('HEAD requests for a stream succeed, and later requests still work', async () => {
  respondWithStream();
  for (let n = 0; n < 3; n++)
    assert.equal((await fetch(gateway.url + path, { method: 'HEAD', headers: TOKEN })).status, 200);
  service.respondWith();
  assert.equal((await fetch(`${gateway.url}/orders`, { headers: TOKEN })).status, 200);
});

test('a client that disconnects during the session lookup causes no request to the service', async () => {
  respondWithStream();
  const lookedUp = Promise.withResolvers<() => void>();
  auth.respondWith((response) => lookedUp.resolve(() => response.writeHead(200, TOKEN).end()));
  const socket = await open(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\ncookie: session_id=${'A'.repeat(43)}\r\n\r\n`);
  const answer = await lookedUp.promise;
  socket.resetAndDestroy();
  await once(socket, 'close');
  // Once a later request is answered, the gateway has seen the disconnect.
  assert.equal((await fetch(`${gateway.url}/nothing`)).status, 404);
  answer();
  await eventually(async () => assert.ok((await statuses()).includes('499')));
  assert.deepEqual(service.seen, []);
});

test('a client that disconnects from a stream ends it at the service and counts as 499', async () => {
  const ended = Promise.withResolvers<void>();
  service.respondWith((response) => {
    response.once('close', () => ended.resolve());
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
  });
  const leaving = new AbortController();
  await fetch(gateway.url + path, { headers: TOKEN, signal: leaving.signal });
  leaving.abort();
  await ended.promise;
  await eventually(async () => assert.deepEqual(await statuses(), ['499']));
});

test('a broken or malformed upload does not count as 5xx and reaches no service', async () => {
  const head = `POST /orders HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${TOKEN.authorization}\r\ncontent-type: application/json\r\n`;
  assert.equal((await sendRaw(gateway.url, `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`)).status, 400);
  (await open(`${head}content-length: 100\r\n\r\n{`)).destroy();
  await eventually(async () => assert.ok((await statuses()).length > 0));
  await fetch(`${gateway.url}/orders`, { headers: TOKEN });
  assert.deepEqual(
    (await statuses()).filter((status) => status!.startsWith('5')),
    [],
  );
  assert.deepEqual(
    service.seen.map(({ method }) => method),
    ['GET'],
  );
});

test('an oversized body is refused even by an operation without a body', async () => {
  const body = new ReadableStream({
    start(stream) {
      for (let n = 0; n < 20; n++) stream.enqueue(Buffer.alloc(1024));
      stream.close();
    },
  });
  const response = await fetch(`${gateway.url}/auth/logout`, { method: 'POST', body, duplex: 'half' } as RequestInit);
  assert.equal((await assertDocumented('logout', response)).type, '/problems/payload-too-large');
  assert.deepEqual(auth.seen, []);
});

for (const [what, hosts, why, target] of [
  ['without a host', '', 'Send one Host', '/orders'],
  ['with two hosts', 'host: a\r\nhost: b\r\n', 'Send one Host', '/orders'],
  ['with an invalid host', 'host: a b\r\n', 'must be a name', '/docs'],
  ['for the URL of another host', 'host: a\r\n', 'another host', 'http://b/docs'],
] as const) {
  test(`a request ${what} is refused with a problem document`, async () => {
    const { status, text } = await sendRaw(
      gateway.url,
      `GET ${target} HTTP/1.1\r\n${hosts}authorization: ${TOKEN.authorization}\r\n\r\n`,
    );
    assert.equal(status, 400);
    assert.match(
      text,
      /content-type: application\/problem\+json[^]*x-correlation-id|x-correlation-id[^]*content-type: application\/problem\+json/i,
    );
    assert.match(text, new RegExp(`"type":"/problems/bad-request"[^]*${why}`));
  });
}

test('an HTTP/1.0 request needs no host', async () => {
  assert.equal((await sendRaw(gateway.url, `POST /orders HTTP/1.0\r\n\r\n`)).status, 401);
});
