/** The gateway forwards only documented paths and methods, unchanged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { sendRaw } from '../../support/requests/raw.ts';
import { gateway, host, service, TOKEN } from '../../support/shop/fake-backed-gateway.ts';

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

test('a request with the absolute URL of the gateway is handled like one with the path', async () => {
  const head = `Host: ${host}\r\nAuthorization: Bearer a.b.c\r\nConnection: close`;
  assert.equal(
    (await sendRaw(gateway.url, `GET ${gateway.url}/orders?limit=1 HTTP/1.1\r\n${head}\r\n\r\n`)).status,
    200,
  );
  assert.equal(service.seen.pop()?.url, '/orders?limit=1');
});

test('an id without dangerous characters is forwarded unchanged', async () => {
  for (const id of ['1', 'a%20b', '%41', 'x.y', '..x', '...', 'a%3Fb', '%C3%BC', "a'b", 'a:b@c']) {
    await fetch(`${gateway.url}/orders/${id}?limit=%31&x=a/b`, { headers: TOKEN });
    assert.equal(service.seen.pop()?.url, `/orders/${id}?limit=%31&x=a/b`);
  }
});

test('a path accepts only its own methods', async () => {
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

test('paths that are not public are not found', async () => {
  for (const path of ['/metrics', '/nothing', '/orders/x/y'])
    assert.equal((await assertDocumented(undefined, await fetch(gateway.url + path))).type, '/problems/not-found');
});
