/** The gateway refuses writes that another site makes a browser send, and accepts its own pages and programs. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { startFakeService } from '../../support/fakes/service.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { form, json } from '../../support/requests/requests.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const SESSION = `session_id=${'A'.repeat(43)}`;
const service = await startFakeService();
const gateway = await startGateway({
  auth: service.url,
  users: service.url,
  orders: service.url,
  billing: service.url,
  notifications: service.url,
});
const host = new URL(gateway.url).host;

beforeEach(() => service.respondWith((response) => response.setHeader('authorization', 'Bearer a.b.c').end()));
after(async () => {
  await gateway.close();
  await service.close();
});

const foreign: Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'nonsense' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: `http://${host}.evil.example` },
  { origin: `http://${host}@evil.example` },
  { origin: 'http://127.0.0.1' },
  { origin: 'http://127.0.0.1:1' },
  { origin: 'nonsense' },
  { origin: `chrome-extension://${host}` },
  { origin: `${gateway.url}, https://evil.example` },
  { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
  { 'sec-fetch-site': 'cross-site', origin: gateway.url },
];
const own: Record<string, string>[] = [
  {},
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
  { origin: gateway.url },
  { 'sec-fetch-site': 'same-origin', origin: gateway.url },
];

const order = { method: 'POST', ...json({ price: 5 }) };
const credentials = form({ username: 'unknown', password: 'correct horse' });
/** Writes that another site could make a browser send. */
const writes: [operationId: string, path: string, init: RequestInit, cookie: string][] = [
  ['createOrder', '/orders', order, SESSION],
  ['createOrder', '/orders', order, 'session_id=whatever'],
  ['deleteProfile', '/api/v1/user/me', { method: 'DELETE' }, SESSION],
  ['logout', '/auth/logout', { method: 'POST' }, SESSION],
  ['logoutByLink', '/auth/logout', {}, SESSION],
  ['login', '/auth/login', { method: 'POST', ...credentials }, ''],
  ['register', '/auth/register', { method: 'POST', ...credentials }, ''],
  ['token', '/auth/token', { method: 'POST', ...credentials }, ''],
  [
    'changePassword',
    '/auth/password',
    { method: 'PUT', ...json({ current: 'correct horse', next: 'a better horse' }) },
    SESSION,
  ],
  ['endSessions', '/auth/sessions', { method: 'DELETE' }, SESSION],
  ['endSession', '/auth/sessions/1', { method: 'DELETE' }, SESSION],
];
const send = (path: string, init: RequestInit, more: Record<string, string>, cookie: string) =>
  fetch(gateway.url + path, {
    ...init,
    headers: { ...(init.headers as Record<string, string>), ...more, ...(cookie && { cookie }) },
  });

for (const [operationId, path, init, cookie] of writes) {
  test(`${operationId} from another site is refused and reaches no service${cookie === SESSION ? '' : `, with the cookie “${cookie}”`}`, async () => {
    for (const headers of foreign) {
      const problem = await assertDocumented(operationId, await send(path, init, headers, cookie));
      assert.equal(problem.type, '/problems/cross-site', JSON.stringify(headers));
    }
    assert.deepEqual(service.seen, []);
  });

  test(`${operationId} from the same site or a program passes the check${cookie === SESSION ? '' : `, with the cookie “${cookie}”`}`, async () => {
    for (const headers of own) {
      const { status } = await send(path, init, headers, cookie);
      assert.equal(status, cookie === 'session_id=whatever' ? 401 : 200, JSON.stringify(headers));
    }
  });
}

test('reads, and writes with a token, are not refused, because a foreign page cannot abuse either', async () => {
  const read = await send('/orders', {}, { 'sec-fetch-site': 'cross-site' }, SESSION);
  const written = await send('/orders', order, { origin: 'https://evil.example', authorization: 'Bearer a.b.c' }, '');
  assert.deepEqual([read.status, written.status], [200, 200]);
});

test('behind a TLS proxy the origin is compared with the forwarded host, with or without port 443', async (t) => {
  const behind = await startGateway({ auth: service.url }, { trustedProxies: ['127.0.0.1'] });
  t.after(() => behind.close());
  const login = async (origin: string, forwardedHost: string) => {
    const headers = { ...credentials.headers, origin, 'x-forwarded-proto': 'https', 'x-forwarded-host': forwardedHost };
    return (await fetch(`${behind.url}/auth/login`, { method: 'POST', ...credentials, headers })).status;
  };
  assert.deepEqual(
    [
      await login('https://shop.example', 'shop.example'),
      await login('https://shop.example', 'Shop.Example:443'),
      await login('https://shop.example:8443', 'shop.example:8443'),
      await login('https://shop.example', 'shop.example:8443'),
      await login('https://shop.example', 'evil.example'),
    ],
    [200, 200, 200, 403, 403],
  );
});
