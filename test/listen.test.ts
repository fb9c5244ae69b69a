import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import Koa from 'koa';
import { listen, type Listener } from '../lib/listen.ts';

let listener: Listener;

before(async () => {
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = 'here';
  });
  listener = await listen(app, { host: '127.0.0.1', port: 0 });
});
after(() => listener.close());

const send = (bytes: string): Promise<string> => text(connect(listener.port, '127.0.0.1').end(bytes));

test('headers that are too large are refused in the form of every other refusal', async () => {
  const answer = await send(`GET / HTTP/1.1\r\nhost: a\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1.1 431 [\s\S]*application\/problem\+json[\s\S]*"type":"\/problems\/headers-too-large"/);
});

test('what is not HTTP is refused in the same form', async () => {
  assert.match(await send('hello\r\n\r\n'), /^HTTP\/1.1 400 [\s\S]*"type":"\/problems\/bad-request"/);
});

test('a port that is taken is said in one sentence that names it', async () => {
  await assert.rejects(listen(new Koa(), { host: '127.0.0.1', port: listener.port }), { message: new RegExp(`^Port ${listener.port} on 127.0.0.1 is in use`) });
});
