/** Many requests on one connection: few of them run at a time, so the connection takes little memory. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, test } from 'node:test';
import Koa, { type Middleware } from 'koa';
import { readBody } from '../../../lib/http/body.ts';
import { listen, type Listener } from '../../../lib/http/listen.ts';
import { eventually } from '../../support/eventually.ts';

/** Four, and those that arrive in the same piece of 128 bytes. */
const AT_ONCE_MAX = 12;
const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

let listener: Listener;
let answer: Middleware;
let ended = Promise.withResolvers<void>();
let [running, runningMax, started] = [0, 0, 0];
const sockets: Socket[] = [];

before(async () => {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx, next) => {
    started++;
    runningMax = Math.max(runningMax, ++running);
    ctx.res.once('close', () => running--);
    await answer(ctx, next);
  });
  listener = await listen(app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  ended.resolve();
  ended = Promise.withResolvers<void>();
  await eventually(() => assert.equal(running, 0));
  [runningMax, started] = [0, 0];
});
after(() => listener.close());

function open(): Socket {
  const socket = connect(listener.port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  return socket;
}

test('all pipelined requests are answered, in order, and few run at a time', async () => {
  answer = (ctx) => void (ctx.body = `<${ctx.url}>`);
  const socket = open();
  const count = 3_000;
  const close = (n: number) => (n === count - 1 ? 'connection: close\r\n' : '');
  socket.write(Array.from({ length: count }, (_, n) => `GET /${n} HTTP/1.1\r\nhost: a\r\n${close(n)}\r\n`).join(''));
  const bodies = [...(await text(socket)).matchAll(/<\/(\d+)>/g)].map(([, n]) => Number(n));
  assert.deepEqual(
    bodies,
    Array.from({ length: count }, (_, n) => n),
  );
  assert.ok(runningMax > 1 && runningMax <= AT_ONCE_MAX, String(runningMax));
});

test('pipelined bodies arrive whole, however the bytes are cut', async () => {
  answer = async (ctx) => void (ctx.body = `<${JSON.stringify(await readBody(ctx, ['application/json']))}>`);
  const bodies = Array.from({ length: 40 }, (_, n) => JSON.stringify({ n, filler: '\\r\\n'.repeat(n * 10) }));
  const bytes = bodies
    .map(
      (body, n) =>
        `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n` +
        `${n === bodies.length - 1 ? 'connection: close\r\n' : ''}\r\n${body}`,
    )
    .join('');
  for (const size of [7, 100, 1_000, bytes.length]) {
    const socket = open().setNoDelay();
    const answered = text(socket);
    for (let at = 0; at < bytes.length; at += size)
      if (!socket.write(bytes.slice(at, at + size))) await once(socket, 'drain');
    assert.deepEqual(
      [...(await answered).matchAll(/<(\{.*?\})>/g)].map(([, body]) => body),
      bodies,
    );
  }
  assert.ok(runningMax <= AT_ONCE_MAX, String(runningMax));
});

test('a request whose body is still on its way runs beside earlier ones that take long', async () => {
  const released = Promise.withResolvers<void>();
  answer = async (ctx) => {
    if (ctx.method === 'GET') await released.promise;
    else await readBody(ctx, ['application/json']).then(() => released.resolve());
    ctx.body = 'done';
  };
  const socket = open();
  const answered = text(socket);
  socket.write(GET.repeat(3));
  await eventually(() => assert.equal(started, 3));
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n');
  await eventually(() => assert.equal(started, 4));
  socket.end('{}');
  assert.equal((await answered).match(/done/g)?.length, 4);
});

for (const [what, respond] of [
  ['nothing', () => ended.promise],
  ['a short text', (ctx) => void (ctx.body = 'short')],
  ['a text of 64 KB', (ctx) => void (ctx.body = 'x'.repeat(65_536))],
  ['a buffer of 256 KB', (ctx) => void (ctx.body = Buffer.alloc(262_144))],
  ['a refusal', (ctx) => void (ctx.status = 404)],
] satisfies Array<[string, Middleware]>) {
  test(`50 clients that pipeline and never read an answer of ${what} take little memory`, async () => {
    answer = respond;
    const requests = GET.repeat(52_000 / GET.length);
    const before = memory();
    for (let n = 0; n < 50; n++) open().pause().write(requests);
    // Each connection has as many requests under way as allowed, unless the kernel buffers all of the short answers.
    await eventually(() => assert.ok(started >= 50 * 4));
    await settled(() => started);
    const grown = memory() - before;
    assert.ok(runningMax <= 50 * AT_ONCE_MAX, String(runningMax));
    // Without a bound, the buffers alone would take 25 GB.
    assert.ok(grown < 250, `${grown} MB`);
  });
}

test('requests that wait for their turn end when their connection closes', async () => {
  const released = Promise.withResolvers<void>();
  const closed: string[] = [];
  answer = async (ctx) => {
    ctx.res.once('close', () => closed.push(ctx.url));
    await released.promise;
    ctx.body = 'too late';
  };
  const socket = open();
  socket.write(['/1', '/2', '/3'].map((path) => GET.replace('/', path)).join(''));
  await eventually(() => assert.equal(started, 3));
  socket.destroy();
  await eventually(() => assert.deepEqual(closed.toSorted(), ['/1', '/2', '/3']));
  released.resolve();
  assert.equal((await fetch(listener.url)).status, 200);
});

const memory = (): number => Math.round(process.memoryUsage().rss / 1_048_576);

/** Waits until the value has not changed for a second. */
async function settled(read: () => number): Promise<void> {
  for (let last = -1; last !== read();) {
    last = read();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

test('pipelined requests that are answered at once leave turns to other connections', async () => {
  let [inTurn, inTurnMax] = [0, 0];
  answer = (ctx) => {
    if (inTurn++ === 0) setImmediate(() => (inTurn = 0));
    inTurnMax = Math.max(inTurnMax, inTurn);
    ctx.status = 204;
  };
  const socket = open().resume();
  socket.write(GET.repeat(1_000));
  await eventually(() => assert.equal(started, 1_000));
  assert.ok(inTurnMax <= AT_ONCE_MAX, `${inTurnMax} requests in one turn of the event loop`);
});
