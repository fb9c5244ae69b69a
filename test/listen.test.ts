/** What one client may cost a listener: its head, its body, its time, and the number of its connections. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { readBody } from '../lib/body.ts';
import { listen, urlOf, type Listener } from '../lib/listen.ts';
import { assertDocumented } from './support/openapi.ts';
import { responseOf } from './support/raw.ts';

const LONG_AGO_MS = 5_000;
const ON_ITS_WAY_BYTES_MAX = 64 * 1024 * 1024;
const bounds = { headersTimeoutMs: 300, requestTimeoutMs: 600, checkEveryMs: 20, idleTimeoutMs: 800 };
let listener: Listener;
/** The same for who takes no time on purpose. */
let patient: Listener;
const bodies: unknown[] = [];

const endlessAnswer = Promise.withResolvers<ServerResponse>();

before(async () => {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    if (ctx.method === 'POST')
      bodies.push(await readBody(ctx, { requestBody: { content: { 'application/json': {} } } } as never));
    if (ctx.path === '/endless') {
      endlessAnswer.resolve(ctx.res);
      ctx.body = endless();
    } else ctx.body = `at ${ctx.url}`;
  });
  const anywhere = { host: '127.0.0.1', port: 0 };
  [listener, patient] = [await listen(app, anywhere, bounds), await listen(app, anywhere)];
});
after(() => Promise.all([listener.close(), patient.close()]));

const at = (of = listener): ReturnType<typeof connect> => connect(of.port, '127.0.0.1').on('error', () => {});
const send = (bytes: string): Promise<string> => text(at(patient).end(bytes));

/** Sends a piece now and then for as long as it is let, and answers what came back. */
async function trickle(head: string, piece: string, to = listener): Promise<string> {
  const socket = at(to);
  const answer = text(socket);
  socket.write(head);
  const startedMs = performance.now();
  while (!socket.readableEnded && performance.now() - startedMs < LONG_AGO_MS) {
    await sleep(20);
    if (socket.writable) socket.write(piece);
  }
  socket.destroy();
  return answer;
}

/** Fails unless what came back on the wire is a refusal that the contract has, and closes the connection. */
async function assertRefused(answer: string, status: number, kind: string): Promise<void> {
  const response = responseOf(answer);
  assert.deepEqual([response.status, response.headers.get('connection')], [status, 'close'], answer);
  assert.equal((await assertDocumented(undefined, response)).type, `/problems/${kind}`);
}

test('headers that are too large are refused in the form of every other refusal', async () => {
  await assertRefused(
    await send(`GET / HTTP/1.1\r\nhost: a\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`),
    431,
    'headers-too-large',
  );
});

test('headers without end are not read without end', async () => {
  await assertRefused(
    await trickle('GET / HTTP/1.1\r\nhost: a\r\nx-long: ', 'a'.repeat(20_000), patient),
    431,
    'headers-too-large',
  );
});

const both = 'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n';
for (const nonsense of ['hello\r\n\r\n', '\u0016\u0003\u0001\u0002', both]) {
  test(`${JSON.stringify(nonsense)} is not HTTP, and is refused in the same form`, async () => {
    await assertRefused(await send(nonsense), 400, 'bad-request');
  });
}

test('who sends headers too slowly is cut off', async () => {
  await assertRefused(await trickle('GET / HTTP/1.1\r\nhost: a\r\nx-slow: ', 'a'), 408, 'request-timeout');
});

test('who sends nothing at all is cut off', async () => {
  await assertRefused(await trickle('', ''), 408, 'request-timeout');
});

test('who sends a body too slowly is cut off, and nobody takes what came of it', async () => {
  const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n';
  await assertRefused(await trickle(`${head}{"a":"`, 'a'), 408, 'request-timeout');
  assert.deepEqual(bodies, []);
});

test('who never reads what was asked for is cut off', async () => {
  const socket = at().pause();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET /endless HTTP/1.1\r\nhost: a\r\n\r\n');
  const answer = await endlessAnswer.promise;
  if (!answer.closed) await once(answer, 'close');
  // Only who reads is told, after what was on its way.
  socket.on('data', () => socket.bytesRead > ON_ITS_WAY_BYTES_MAX && socket.destroy()).resume();
  await closed;
  assert.ok(socket.bytesRead < ON_ITS_WAY_BYTES_MAX);
});

test('a connection beyond those that are allowed is closed at once, and the others go on', async (t) => {
  const few = await listen(
    new Koa().use((ctx) => void (ctx.body = 'here')),
    { host: '127.0.0.1', port: 0 },
    { connectionsMax: 2 },
  );
  t.after(() => few.close());
  const ask = (socket: ReturnType<typeof connect>) => {
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    return text(socket);
  };
  const allowed = [connect(few.port, '127.0.0.1'), connect(few.port, '127.0.0.1')];
  await Promise.all(allowed.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  const beyond = connect(few.port, '127.0.0.1').on('error', () => {});
  assert.equal(await text(beyond).catch(() => ''), '');
  for (const socket of allowed) assert.match(await ask(socket), /^HTTP\/1.1 200 /);
  assert.match(await ask(connect(few.port, '127.0.0.1')), /^HTTP\/1.1 200 /);
});

test('the end waits for requests under way, and not for connections on which nothing was said', async () => {
  const [asked, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const app = new Koa().use(async (ctx) => {
    asked.resolve();
    await told.promise;
    ctx.body = 'here';
  });
  const ending = await listen(app, { host: '127.0.0.1', port: 0 });
  const silent = connect(ending.port, '127.0.0.1').resume();
  const gone = new Promise((resolve) => silent.once('close', resolve));
  const response = fetch(ending.url);
  await asked.promise;
  const closed = ending.close();
  await gone;
  told.resolve();
  assert.equal(await (await response).text(), 'here');
  await closed;
});

test('a port that is taken is said in one sentence that names it', async () => {
  await assert.rejects(listen(new Koa(), { host: '127.0.0.1', port: listener.port }), {
    message: new RegExp(`^Port ${listener.port} on 127.0.0.1 is in use`),
  });
});

function endless(): Readable {
  const piece = Buffer.alloc(65_536);
  return new Readable({
    read() {
      this.push(piece);
    },
  });
}

test('an expectation that nobody knows is no reason to turn a request away', async () => {
  assert.match(await send('GET / HTTP/1.1\r\nhost: a\r\nexpect: foo\r\nconnection: close\r\n\r\n'), /^HTTP\/1.1 200 /);
});

test('what listens on an address of IPv6 is found there', async () => {
  const six = await listen(
    new Koa().use((ctx) => void (ctx.body = 'here')),
    { host: '::1', port: 0 },
  );
  assert.equal(await (await fetch(six.url)).text(), 'here');
  await six.close();
  assert.deepEqual(
    [urlOf('::', 1), urlOf('0.0.0.0', 1), urlOf('localhost', 1)],
    ['http://127.0.0.1:1', 'http://127.0.0.1:1', 'http://localhost:1'],
  );
});

test('what comes behind a request that is under way and is no HTTP is not answered in its place', async (t) => {
  const [asked, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = new Koa().use(async (ctx) => {
    asked.resolve();
    await told.promise;
    ctx.body = 'done';
  });
  const busy = await listen(slow, { host: '127.0.0.1', port: 0 });
  t.after(() => busy.close());
  const socket = at(busy);
  const answer = text(socket).catch(() => 'broken off');
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}');
  await asked.promise;
  socket.write('and more\r\n\r\n');
  assert.doesNotMatch(await answer, /400/);
  told.resolve();
});

test('a request may name its whole URL, as to a proxy', async () => {
  for (const [target, url] of [
    ['http://shop.example:80/orders?limit=1', '/orders?limit=1'],
    ['HTTPS://Shop.example:80/orders', '/orders'],
    ['http://shop.example:80', '/'],
    ['http://shop.example:80?limit=1', '/?limit=1'],
    ['http://another.example:80/orders', 'http://another.example:80/orders'],
    ['/http://shop.example:80/orders', '/http://shop.example:80/orders'],
  ])
    assert.ok(
      (await send(`GET ${target} HTTP/1.1\r\nhost: shop.example:80\r\nconnection: close\r\n\r\n`)).endsWith(
        `at ${url}`,
      ),
      target,
    );
});
