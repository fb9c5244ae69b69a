/** A listener limits headers, request time and unread answers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { readBody } from '../../../lib/http/body.ts';
import { listen, type Listener } from '../../../lib/http/listen.ts';
import { assertRefused } from '../../support/requests/raw.ts';

const GIVE_UP_MS = 5_000;
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024;
const bounds = { headersTimeoutMs: 300, requestTimeoutMs: 600, checkEveryMs: 20, idleTimeoutMs: 800 };
let listener: Listener;
/** A listener with the default time limits, which are long. */
let patient: Listener;
const bodies: unknown[] = [];

const endlessAnswer = Promise.withResolvers<ServerResponse>();

before(async () => {
  const app = new Koa();
  app.silent = true;
  app.use(async (ctx) => {
    if (ctx.method === 'POST') bodies.push(await readBody(ctx, ['application/json']));
    if (ctx.path === '/endless') {
      endlessAnswer.resolve(ctx.res);
      ctx.body = endless();
    }
  });
  const anywhere = { host: '127.0.0.1', port: 0 };
  [listener, patient] = [await listen(app, anywhere, bounds), await listen(app, anywhere)];
});
after(() => Promise.all([listener.close(), patient.close()]));

const at = (of = listener): ReturnType<typeof connect> => connect(of.port, '127.0.0.1').on('error', () => {});
const send = (bytes: string): Promise<string> => text(at(patient).end(bytes));

/** Sends the head, then a piece every 20 ms until the listener closes. Returns the answer. */
async function trickle(head: string, piece: string, to = listener): Promise<string> {
  const socket = at(to);
  const answer = text(socket);
  socket.write(head);
  const startedMs = performance.now();
  while (!socket.readableEnded && performance.now() - startedMs < GIVE_UP_MS) {
    await sleep(20);
    if (socket.writable) socket.write(piece);
  }
  socket.destroy();
  return answer;
}

test('headers that are too large are answered with a problem', async () => {
  await assertRefused(
    await send(`GET / HTTP/1.1\r\nhost: a\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`),
    431,
    'headers-too-large',
  );
});

test('endless headers are refused while they are being sent', async () => {
  await assertRefused(
    await trickle('GET / HTTP/1.1\r\nhost: a\r\nx-long: ', 'a'.repeat(20_000), patient),
    431,
    'headers-too-large',
  );
});

test('a client that sends headers too slowly is disconnected', async () => {
  await assertRefused(await trickle('GET / HTTP/1.1\r\nhost: a\r\nx-slow: ', 'a'), 408, 'request-timeout');
});

test('a client that sends nothing is disconnected', async () => {
  await assertRefused(await trickle('', ''), 408, 'request-timeout');
});

test('a client that sends a body too slowly is disconnected, and its incomplete body is discarded', async () => {
  const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n';
  await assertRefused(await trickle(`${head}{"a":"`, 'a'), 408, 'request-timeout');
  assert.deepEqual(bodies, []);
});

test('a client that never reads its answer is disconnected', async () => {
  const socket = at().pause();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET /endless HTTP/1.1\r\nhost: a\r\n\r\n');
  const answer = await endlessAnswer.promise;
  if (!answer.closed) await once(answer, 'close');
  // The client sees the close only after it has read the bytes in flight. Beyond the maximum it gives up.
  socket.on('data', () => socket.bytesRead > IN_FLIGHT_BYTES_MAX && socket.destroy()).resume();
  await closed;
  assert.ok(socket.bytesRead < IN_FLIGHT_BYTES_MAX);
});

function endless(): Readable {
  const piece = Buffer.alloc(65_536);
  return new Readable({
    read() {
      this.push(piece);
    },
  });
}
