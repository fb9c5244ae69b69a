/** Session cookies that another host of the same domain may have set, at auth and at the gateway, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { json, post } from '../../support/requests/requests.ts';
import { fakePasswords, PASSWORD, startAuth } from '../../support/shop/auth.ts';
import { startFakeService } from '../../support/fakes/service.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const auth = await startAuth({ passwords: fakePasswords });
const service = await startFakeService();
const gateway = await startGateway({ auth: auth.url, orders: service.url }, { trustedProxies: ['127.0.0.1'] });
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

type Headers = Record<string, string>;
const SHOP = { 'x-forwarded-host': 'www.shop.example:8080' };
const TLS = { ...SHOP, 'x-forwarded-proto': 'https' };
const DELETED = 'session_id=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0';
const urls = { auth: auth.url, gateway: gateway.url };
const tokenOf = (cookie: string) => cookie.split('=')[1]!;
const send = (path: string, headers: Headers, init: RequestInit = {}, url = gateway.url) =>
  fetch(url + path, { ...init, headers: { ...(init.headers as Headers), ...headers } });
const isValid = async (token: string) =>
  (await send('/auth', { cookie: `session_id=${token}` }, {}, auth.url)).status === 200;
const login = async () => {
  const { cookie, ...user } = await auth.login();
  return { ...user, token: tokenOf(cookie) };
};

for (const [where, url] of Object.entries(urls)) {
  test(`two session cookies with different values are no session at the ${where}, and are deleted`, async () => {
    const [mine, theirs] = [await login(), await login()];
    for (const pair of [
      [mine, theirs],
      [theirs, mine],
    ]) {
      const cookie = pair.map(({ token }) => `session_id=${token}`).join('; ');
      const response = await send('/auth', { cookie, ...SHOP }, {}, url);
      assert.equal((await assertDocumented('forwardAuth', response)).type, '/problems/unauthenticated');
      assert.deepEqual(response.headers.getSetCookie(), [
        DELETED,
        `${DELETED}; Domain=www.shop.example`,
        `${DELETED}; Domain=shop.example`,
        ...['', '; Domain=www.shop.example', '; Domain=shop.example'].map(
          (domain) => DELETED.replace('Path=/', 'Path=/auth') + domain,
        ),
      ]);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.deepEqual([response.headers.get('x-user-id'), response.headers.get('authorization')], [null, null]);
    }
    const same = await send('/auth', { cookie: `session_id=${mine.token}; session_id="${mine.token}"` }, {}, url);
    assert.deepEqual([same.headers.get('x-user-id'), same.headers.get('set-cookie')], [mine.id, null]);
    assert.deepEqual([await isValid(mine.token), await isValid(theirs.token)], [true, true]);
  });

  test(`at the ${where}, a logout with two session cookies ends no session and deletes both cookies`, async () => {
    const [mine, theirs] = [await login(), await login()];
    const cookie = `session_id=${theirs.token}; session_id=${mine.token}`;
    const response = await send('/auth/logout', { cookie, ...SHOP }, { method: 'POST' }, url);
    await assertDocumented('logout', response);
    const deletions = response.headers.getSetCookie();
    assert.deepEqual([deletions[0], deletions[2]], [DELETED, `${DELETED}; Domain=shop.example`]);
    assert.equal(new Set(deletions).size, deletions.length);
    assert.deepEqual([await isValid(mine.token), await isValid(theirs.token)], [true, true]);
  });

  test(`at the ${where}, a login deletes the cookies beside which a browser would send the new one`, async () => {
    const [mine, theirs] = [await login(), await login()];
    for (const cookie of [`session_id=${theirs.token}; session_id=${mine.token}`, `session_id=${'A'.repeat(43)}`]) {
      const response = await send(
        '/auth/login',
        { cookie, ...SHOP },
        { method: 'POST', ...json(mine.credentials) },
        url,
      );
      await assertDocumented('login', response);
      const [opened, ...deletions] = response.headers.getSetCookie();
      assert.ok(await isValid(/^session_id=([\w-]{43});/.exec(opened!)![1]!));
      assert.ok(deletions.includes(`${DELETED}; Domain=shop.example`));
      // A browser would apply this header to the new cookie and delete it.
      assert.ok(!deletions.includes(DELETED));
      assert.equal(new Set(deletions).size, deletions.length);
    }
    assert.deepEqual([await isValid(mine.token), await isValid(theirs.token)], [true, true]);
  });

  test(`behind TLS, a planted session_id neither logs in nor out at the ${where}, nor makes a conflict`, async () => {
    const [mine, theirs] = [await login(), await login()];
    const planted = `session_id=${theirs.token}`;
    assert.equal((await send('/auth', { cookie: planted, ...TLS }, {}, url)).status, 401);

    const own = `__Host-session_id=${mine.token}`;
    for (const cookie of [`${planted}; ${own}`, `${own}; ${planted}`, `${planted}; session_id=x; ${own}`]) {
      const response = await send('/auth', { cookie, ...TLS }, {}, url);
      await assertDocumented('forwardAuth', response);
      assert.deepEqual([response.headers.get('x-user-id'), response.headers.get('set-cookie')], [mine.id, null]);
    }

    const again = { method: 'POST', ...json(mine.credentials) };
    const response = await send('/auth/login', { cookie: `${planted}; ${own}`, ...TLS }, again, url);
    await assertDocumented('login', response);
    const [opened, ...others] = response.headers.getSetCookie();
    assert.match(opened!, /^__Host-session_id=[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=3600; Secure$/);
    assert.deepEqual([others, await isValid(mine.token), await isValid(theirs.token)], [[], false, true]);

    const next = opened!.split(';')[0]!;
    await send('/auth/logout', { cookie: planted, ...TLS }, { method: 'POST' }, url);
    assert.deepEqual([await isValid(theirs.token), await isValid(tokenOf(next))], [true, true]);
    const logout = await send('/auth/logout', { cookie: `${planted}; ${next}`, ...TLS }, { method: 'POST' }, url);
    await assertDocumented('logout', logout);
    assert.deepEqual(logout.headers.getSetCookie(), [`__Host-${DELETED}; Secure`]);
    assert.deepEqual([await isValid(theirs.token), await isValid(tokenOf(next))], [true, false]);
  });
}

test('two prefixed cookies with different values are no session behind TLS', async () => {
  const [mine, theirs] = [await login(), await login()];
  const cookie = `__Host-session_id=${mine.token}; __Host-session_id=${theirs.token}`;
  const response = await send('/auth', { cookie, ...TLS });
  assert.equal((await assertDocumented('forwardAuth', response)).type, '/problems/unauthenticated');
  assert.deepEqual(response.headers.getSetCookie(), [`__Host-${DELETED}; Secure`]);
});

test('an order with two session cookies is refused, reaches no service, and deletes those of its path', async () => {
  const [mine, theirs] = [await login(), await login()];
  const cookie = `session_id=${theirs.token}; session_id=${mine.token}`;
  service.respondWith();
  const order = { method: 'PUT', ...json({}) };
  const response = await send('/orders/7/cancellation', { cookie, ...SHOP }, order);
  assert.equal((await assertDocumented('cancelOrder', response)).type, '/problems/unauthenticated');
  assert.deepEqual(service.seen, []);
  const deletions = response.headers.getSetCookie();
  for (const path of ['/', '/orders', '/orders/', '/orders/7', '/orders/7/', '/orders/7/cancellation'])
    assert.ok(deletions.includes(`${DELETED.replace('Path=/', `Path=${path}`)}; Domain=shop.example`), path);
});

test('a password change with two session cookies is refused and changes nothing', async () => {
  const [mine, theirs] = [await login(), await login()];
  const cookie = `session_id=${mine.token}; session_id=${theirs.token}`;
  const change = { method: 'PUT', ...json({ current: PASSWORD, next: 'a better horse' }) };
  const response = await send('/auth/password', { cookie }, change);
  assert.equal((await assertDocumented('changePassword', response)).type, '/problems/unauthenticated');
  assert.equal((await post(`${gateway.url}/auth/login`, json(mine.credentials))).status, 200);
});

test('a token counts whatever the cookies are', async () => {
  const [mine, theirs] = [await login(), await login()];
  const token = (await (await post(`${gateway.url}/auth/token`, json(mine.credentials))).json()) as Headers;
  const cookie = `session_id=${mine.token}; session_id=${theirs.token}`;
  const response = await send('/auth', { cookie, authorization: `Bearer ${token['access_token']}` });
  assert.deepEqual([response.headers.get('x-user-id'), response.headers.get('set-cookie')], [mine.id, null]);
});

test('a response with the deletions of many paths and domains stays small', async () => {
  const cookie = 'session_id=a; session_id=b';
  const deep = { 'x-forwarded-host': `${'a.'.repeat(60)}shop.example` };
  const paths = [`/orders/${'x/'.repeat(90)}`, `/orders/${'x'.repeat(1_000)}`, '/orders/%7'];
  for (const path of ['/orders/1/cancellation', '/orders/1', ...paths]) {
    const response = await send(path, { cookie, ...deep }, { method: path.endsWith('n') ? 'PUT' : 'GET' });
    assert.ok(response.headers.getSetCookie().join('').length < 4_000, path);
  }
  for (const host of ['127.0.0.1:8080', '[::1]:8080', 'localhost', 'shop..example', 'shop.example; Secure']) {
    const response = await send('/orders', { cookie, 'x-forwarded-host': host });
    assert.deepEqual(response.headers.getSetCookie(), [DELETED, DELETED.replace('Path=/', 'Path=/orders')], host);
  }
});
