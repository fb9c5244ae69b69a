/** A listener's answers to valid and invalid HTTP, its start and its end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import Koa from 'koa';
import { listen, urlOf, type Listener } from '../../../lib/http/listen.ts';
import { assertRefused } from '../../support/requests/raw.ts';

let listener: Listener;

before(async () => {
  const app = new Koa().use((ctx) => void (ctx.body = `at ${ctx.url}`));
  app.silent = true;
  listener = await listen(app, { host: '127.0.0.1', port: 0 });
});
after(() => listener.close());

const send = (bytes: string): Promise<string> =>
  text(
    connect(listener.port, '127.0.0.1')
      .on('error', () => {})
      .end(bytes),
  );

const both = 'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n';
for (const nonsense of ['hello\r\n\r\n', '\u0016\u0003\u0001\u0002', both]) {
  test(`${JSON.stringify(nonsense)} is not valid HTTP and is answered with a problem`, async () => {
    await assertRefused(await send(nonsense), 400, 'bad-request');
  });
}

test('closing waits for requests in flight but not for idle connections', async () => {
  const [started, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const app = new Koa().use(async (ctx) => {
    started.resolve();
    await released.promise;
    ctx.body = 'here';
  });
  const closing = await listen(app, { host: '127.0.0.1', port: 0 });
  const idle = connect(closing.port, '127.0.0.1').resume();
  const idleClosed = once(idle, 'close');
  const response = fetch(closing.url);
  await started.promise;
  const closed = closing.close();
  await idleClosed;
  released.resolve();
  assert.equal(await (await response).text(), 'here');
  await closed;
});

test('if the port is in use, the error names the port', async () => {
  await assert.rejects(listen(new Koa(), { host: '127.0.0.1', port: listener.port }), {
    message: new RegExp(`^Port ${listener.port} on 127.0.0.1 is in use`),
  });
});

test('a request with an unknown Expect header is answered normally', async () => {
  assert.match(await send('GET / HTTP/1.1\r\nhost: a\r\nexpect: foo\r\nconnection: close\r\n\r\n'), /^HTTP\/1.1 200 /);
});

test('a listener on an IPv6 address is reachable at its URL', async () => {
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

test('invalid bytes after a request in flight are not answered in place of that request', async (t) => {
  const [started, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = new Koa().use(async (ctx) => {
    started.resolve();
    await released.promise;
    ctx.body = 'done';
  });
  const busy = await listen(slow, { host: '127.0.0.1', port: 0 });
  t.after(() => busy.close());
  const socket = connect(busy.port, '127.0.0.1').on('error', () => {});
  const answer = text(socket).catch(() => 'connection reset');
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}');
  await started.promise;
  socket.write('and more\r\n\r\n');
  assert.doesNotMatch(await answer, /400/);
  released.resolve();
});

test('a request may name an absolute URL, as sent to a proxy', async () => {
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
