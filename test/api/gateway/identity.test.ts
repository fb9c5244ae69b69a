/** The caller that a service sees behind the gateway, with the real auth role and a real Postgres. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { createLocalTokenVerifier } from '../../../lib/http/tokens.ts';
import { startFakeService } from '../../support/fakes/service.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { json, post } from '../../support/requests/requests.ts';
import { startAuth, users } from '../../support/shop/auth.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const auth = await startAuth();
const service = await startFakeService();
const gateway = await startGateway({
  auth: auth.url,
  users: service.url,
  orders: service.url,
  billing: service.url,
  notifications: service.url,
});
const { login, register } = users(gateway.url);
const verify = createLocalTokenVerifier(auth.options.keys.published);
const at = (path: string) => gateway.url + path;
const callerSeen = () => verify(service.seen.at(-1)!.headers.authorization!.replace('Bearer ', ''));

beforeEach(() => service.respondWith());
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

test('a service gets a token for the session but not the cookie', async () => {
  const { cookie, id } = await login();
  await assertDocumented(
    'listNotifications',
    await fetch(at('/notifications'), { headers: { cookie: `theme=dark; ${cookie}` } }),
  );
  assert.deepEqual(await callerSeen(), { kind: 'user', id });
  assert.equal(service.seen[0]!.headers.cookie, undefined);
});

const spoofed = [
  'x-user-id',
  'X_User_Id',
  'x-user',
  'x-userid',
  'x-user-role',
  'x-auth-user',
  'x-auth-request-user',
  'x-forwarded-user',
  'x-remote-user',
  'remote-user',
  'x-service-name',
  'forwarded',
  'x-real-ip',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
];

test('impersonation headers do not change the caller and are not forwarded', async () => {
  const { cookie, id } = await login();
  const other = await register();
  const headers = Object.fromEntries(spoofed.map((name) => [name, other.id]));
  await fetch(at('/payments'), { headers: { ...headers, cookie } });
  assert.deepEqual(await callerSeen(), { kind: 'user', id });
  assert.deepEqual(
    Object.keys(service.seen[0]!.headers).filter((name) => spoofed.map((each) => each.toLowerCase()).includes(name)),
    [],
  );
  assert.ok(!JSON.stringify(service.seen).includes(other.id));

  const alone = await fetch(at('/payments'), { headers });
  assert.equal((await assertDocumented('readBalance', alone)).type, '/problems/unauthenticated');
});

test("a client's bearer token is forwarded unchanged and takes precedence over a cookie", async () => {
  const { credentials, id } = await register();
  const { cookie } = await login();
  const token = await assertDocumented('token', await post(at('/auth/token'), json(credentials)));
  await fetch(at('/payments'), { headers: { authorization: `Bearer ${token.access_token}`, cookie } });
  assert.equal(service.seen[0]!.headers.authorization, `Bearer ${token.access_token}`);
  assert.deepEqual(await callerSeen(), { kind: 'user', id });
});

const strangers: Record<string, Record<string, string>> = {
  'no credentials': {},
  'an unknown session': { cookie: `session_id=${'A'.repeat(43)}` },
  'a malformed cookie': { cookie: 'session_id=admin' },
  'a name and a password': { authorization: 'Basic YTpi' },
  'the token of a role': { authorization: `Bearer ${createServiceTokens('worker', aKey(), 'orders')()}` },
};

for (const [what, headers] of Object.entries(strangers)) {
  test(`a request with ${what} is refused and reaches no service`, async () => {
    const response = await fetch(at('/orders'), { headers });
    assert.equal((await assertDocumented('listOrders', response)).type, '/problems/unauthenticated');
    assert.equal(response.headers.get('www-authenticate'), 'Bearer');
    assert.deepEqual(service.seen, []);
  });
}

test('a logout ends the session immediately, and a token stays valid until it expires', async () => {
  const { cookie, credentials } = await login();
  const token = await assertDocumented('token', await post(at('/auth/token'), json(credentials)));
  const ask = async (path: string) => (await fetch(at(path), { headers: { cookie } })).status;
  assert.deepEqual([await ask('/notifications'), await ask('/auth')], [200, 200]);
  await assertDocumented('logout', await fetch(at('/auth/logout'), { method: 'POST', headers: { cookie } }));
  assert.deepEqual([await ask('/notifications'), await ask('/auth')], [401, 401]);
  assert.equal((await fetch(at('/auth'), { headers: { authorization: `Bearer ${token.access_token}` } })).status, 200);
});

test('public forward-auth returns the user id of the session but no token', async () => {
  const { cookie, id } = await login();
  const response = await fetch(at('/auth'), { headers: { cookie } });
  await assertDocumented('forwardAuth', response);
  assert.deepEqual([response.headers.get('x-user-id'), response.headers.get('authorization')], [id, null]);
  const head = await fetch(at('/auth'), { method: 'HEAD', headers: { cookie } });
  assert.deepEqual([head.status, head.headers.get('authorization')], [200, null]);
  assert.equal((await assertDocumented('forwardAuth', await fetch(at('/auth')))).type, '/problems/unauthenticated');
});

test('an operation for everyone is forwarded without a session lookup', async () => {
  await assertDocumented(
    'jwks',
    await fetch(at('/.well-known/jwks.json'), { headers: { cookie: `session_id=${'A'.repeat(43)}` } }),
  );
  await assertDocumented('loginPage', await fetch(at('/auth/login')));
});

test('the login page keeps its own content security policy behind the gateway', async () => {
  const response = await fetch(at('/auth/login'));
  assert.match(response.headers.get('content-security-policy')!, /^default-src 'none'; style-src 'sha256-/);
  assert.equal(response.headers.get('referrer-policy'), 'same-origin');
});

function aKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}
