/** Clients that send many requests and read no response use little memory, whatever they request. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { gateway, service } from '../../support/shop/fake-backed-gateway.ts';

const REQUEST_BYTES = 52_000;
const CONNECTIONS = [1, 2, 50];
/** Memory of gateway, service and clients together, including garbage. Without limits, one connection took 1.35 GB. */
const GROWTH_MB_MAX = 200;
/** Longer than the clients need to send everything. */
const WATCHED_MS = 1_500;

const HEAD = 'host: a\r\nauthorization: Bearer a.b.c\r\n';
const body = JSON.stringify({ price: 5, more: 'x'.repeat(15_000) });
const get = (path: string) => `GET ${path} HTTP/1.1\r\n${HEAD}accept: text/html\r\n\r\n`;
const requests: Readonly<Record<string, string>> = {
  'a large static file': get('/docs/swagger-ui-bundle.js'),
  'the OpenAPI document': get('/docs/openapi.json'),
  'a page': get('/problems/key-reused'),
  'an unknown path': get('/nothing'),
  'a list': get('/orders?limit=100'),
  'a stream of events': get('/orders/1/events'),
  'a write with a large body': `POST /orders HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  'a path that is too long': get(`/${'a'.repeat(3_000)}`),
};
const list = JSON.stringify(Array.from({ length: 100 }, (_, n) => ({ n, filler: 'x'.repeat(300) })));

for (const [what, request] of Object.entries(requests)) {
  test(`connections that pipeline requests for ${what} and read nothing take little memory`, async (t) => {
    service.respondWith((response, { url }) => {
      if (url === '/orders/1/events') endlessEvents(response);
      else response.setHeader('content-type', 'application/json').end(list);
    });
    const sockets: Socket[] = [];
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    const before = rssMb();
    for (const count of CONNECTIONS) {
      while (sockets.length < count)
        sockets.push(openUnread(request.repeat(Math.ceil(REQUEST_BYTES / request.length))));
      for (let ms = 0; ms < WATCHED_MS; ms += 100) {
        await sleep(100);
        const grown = rssMb() - before;
        assert.ok(grown < GROWTH_MB_MAX, `${grown} MB for ${count} connections`);
      }
    }
    const { status } = await fetch(`${gateway.url}/docs`);
    assert.equal(status, 200);
  });
}

test('a client that pipelines and then reads gets every response', async () => {
  service.respondWith((response) => response.setHeader('content-type', 'application/json').end(list));
  const socket = openUnread(get('/orders?limit=100').repeat(200));
  await sleep(500);
  let received = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (received += piece));
  socket.resume();
  await eventually(() => assert.equal(received.split(list).length - 1, 200));
  socket.destroy();
});

function openUnread(bytes: string): Socket {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname)
    .on('error', () => {})
    .pause();
  socket.write(bytes);
  return socket;
}

function endlessEvents(response: import('node:http').ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = `data: ${'x'.repeat(10_000)}\n\n`;
  const write = () => {
    while (!response.destroyed && response.write(event));
  };
  response.on('drain', write);
  write();
}

const rssMb = (): number => Math.round(process.memoryUsage().rss / 1_048_576);
