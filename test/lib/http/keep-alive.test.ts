/** Idle connections: listeners keep them longer than balancers do, our clients shorter than any server does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { createUpstreams } from '../../../api/gateway/upstreams.ts';
import { createHttpClient } from '../../../lib/http/client.ts';
import { listen } from '../../../lib/http/listen.ts';
import { publicJwk } from '../../../lib/http/signed-tokens.ts';
import { createTokenVerifier, signUserToken } from '../../../lib/http/tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { userKey, USER } from '../../support/requests/tokens.ts';

/** By default, nginx and AWS keep idle connections to a server for 60 s, and Google keeps them for 600 s. */
const BALANCERS_S = 600;
/** Less than the 5 s of Node's own server, which closes idle connections sooner than most. */
const CLIENT_IDLE_MS_MAX = 4_500;

let server: Server;
let url: string;
let hint: string | undefined;
let answer: ((response: ServerResponse) => void) | undefined;
const sockets: Socket[] = [];

before(async () => {
  server = createServer((request, response) => {
    if (hint) response.setHeader('keep-alive', hint);
    if (answer) return answer(response);
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: [publicJwk(userKey, 'users-key')] }));
    });
    return undefined;
  });
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  sockets.length = 0;
  hint = answer = undefined;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const clients = {
  'a client of another role': () => {
    const client = createHttpClient({ baseUrl: url, deadlineMs: 2_000 });
    return { send: () => client({ method: 'PUT', path: '/', body: {} }), close: client.close };
  },
  'the gateway': () => {
    const upstreams = createUpstreams(new Map([['orders', url]]));
    const request = { method: 'POST', path: '/', headers: {}, body: Buffer.from('{}') };
    return {
      send: async () => (await upstreams.request('orders', request)).body.dump(),
      close: upstreams.close,
    };
  },
  'a reader of the keys of tokens': () => {
    const verify = createTokenVerifier({ role: 'orders', jwksUrl: url, serviceKeys: { keys: [] } });
    return { send: () => verify(signUserToken(userKey, 'users-key', USER)), close: async () => {} };
  },
};

for (const [who, open] of Object.entries(clients)) {
  for (const hinted of ['timeout=620', 'timeout=60', 'timeout=2', 'timeout=1', undefined]) {
    test(`${who} closes an idle connection first, with the server's hint ${hinted ?? 'missing'}`, async (t) => {
      hint = hinted;
      const { send, close } = open();
      t.after(close);
      await send();
      assert.equal(sockets.length, 1);
      const startedMs = performance.now();
      if (!sockets[0]!.closed) await once(sockets[0]!, 'close');
      const hintedMs = 1_000 * Number(hinted?.split('=')[1] ?? Infinity);
      assert.ok(performance.now() - startedMs < Math.min(CLIENT_IDLE_MS_MAX, hintedMs - 500));
    });
  }
}

for (const who of ['a client of another role', 'the gateway'] as const) {
  test(`${who} sends nothing on an idle connection that the server has just closed`, async (t) => {
    const { send, close } = clients[who]();
    t.after(close);
    for (let n = 0; n < 50; n++) {
      await send();
      // The client has not seen the end of the connection yet when it sends the next request.
      server.closeIdleConnections();
    }
    assert.equal(sockets.length, 50);
  });
}

test('a listener keeps an idle connection longer than balancers do', async (t) => {
  const listener = await listen(
    new Koa().use((ctx) => void (ctx.body = 'here')),
    { host: '127.0.0.1', port: 0 },
  );
  t.after(() => listener.close());
  const { headers } = await fetch(listener.url);
  assert.ok(Number(/timeout=(\d+)/.exec(headers.get('keep-alive')!)![1]) > BALANCERS_S);
});

test('an idle connection outlives every time limit on requests, and the next request on it has its own', async (t) => {
  const limits = { headersTimeoutMs: 100, requestTimeoutMs: 200, idleTimeoutMs: 300, checkEveryMs: 20 };
  const listener = await listen(
    new Koa().use((ctx) => void (ctx.body = 'here')),
    { host: '127.0.0.1', port: 0 },
    { ...limits, keepAliveMs: 60_000 },
  );
  t.after(() => listener.close());
  const socket = connect(listener.port, '127.0.0.1').setEncoding('utf8');
  let text = '';
  socket.on('data', (piece) => (text += piece));
  const answers = () => text.match(/HTTP\/1\.1 200 /g)?.length ?? 0;
  for (const count of [1, 2]) {
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await eventually(() => assert.equal(answers(), count));
    // Five times the longest limit.
    await sleep(1_500);
    assert.equal(socket.closed, false);
  }
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nx-slow: ');
  await once(socket, 'close');
  assert.match(text, /HTTP\/1\.1 408 /);
});

test('connections are kept after their responses even when most are taken, because idle ones make room', async (t) => {
  const listener = await listen(
    new Koa().use((ctx) => void (ctx.body = 'here')),
    { host: '127.0.0.1', port: 0 },
    { connectionsMax: 10 },
  );
  t.after(() => listener.close());
  const open: Socket[] = [];
  t.after(() => open.forEach((socket) => socket.destroy()));
  for (let n = 0; n < 30; n++) {
    const socket = connect(listener.port, '127.0.0.1').on('error', () => {});
    open.push(socket);
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const [answered] = (await once(socket, 'data')) as [Buffer];
    assert.match(answered.toString(), /^HTTP\/1\.1 200 [^]*^connection: keep-alive\r$/im);
  }
  await eventually(() => assert.equal(open.filter(({ closed }) => !closed).length, 10));
  assert.deepEqual(
    open.slice(-10).map(({ closed }) => closed),
    Array(10).fill(false),
  );
});
