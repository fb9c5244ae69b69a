/** Auth's listener for an ingress. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authIngressApi } from '../../../api/auth/ingress.ts';
import { authApi } from '../../../api/auth/app.ts';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { createContractClient, outcomeOf } from '../../support/requests/contract-client.ts';
import { cookieOf, form, json, post } from '../../support/requests/requests.ts';
import { workerKey } from '../../support/requests/tokens.ts';
import { PASSWORD, fakePasswords, startAuth } from '../../support/shop/auth.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const auth = await startAuth({ passwords: fakePasswords, trustedProxies: [] });
const ingress = await serveQuietly('auth-ingress', authIngressApi(authApi(auth.options)), {
  operations: false,
});
after(async () => {
  await ingress.close();
  await auth.close();
});
const ask = createContractClient(ingress.url);

test('forward-auth on the ingress listener names the user of a session or token, and never sends a token', async () => {
  const { id, credentials, cookie } = await auth.login();
  const { body } = await ask('token', 'POST', '/auth/token', { body: credentials });
  const token = { authorization: `Bearer ${body.access_token}` };
  for (const headers of [{ cookie }, token] as Record<string, string>[]) {
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(`${ingress.url}/auth`, { method, headers });
      const { status } = response;
      assert.deepEqual(
        [status, response.headers.get('x-user-id'), response.headers.get('authorization')],
        [200, id, null],
      );
      assert.equal(await response.text(), '');
    }
    const internal = await fetch(`${auth.url}/auth`, { headers });
    assert.match(internal.headers.get('authorization')!, /^Bearer /);
  }
});

test('forward-auth on the ingress listener refuses strangers and roles', async () => {
  for (const authorization of ['Basic YTpi', `Bearer ${createServiceTokens('worker', workerKey, 'auth')()}`]) {
    const answer = await ask('forwardAuth', 'GET', '/auth', { headers: { authorization } });
    assert.deepEqual([outcomeOf(answer), answer.headers.get('x-user-id')], ['401 unauthenticated', null]);
  }
});

test('the ingress listener has the operations of auth, and neither health nor metrics', async () => {
  const { credentials } = await auth.register();
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '200');
  assert.equal(outcomeOf(await ask('loginPage', 'GET', '/auth/login')), '200');
  assert.equal(outcomeOf(await ask('jwks', 'GET', '/.well-known/jwks.json')), '200');
  for (const path of ['/metrics', '/health/live', '/health/ready', '/', '/orders'])
    assert.equal(outcomeOf(await ask(undefined, 'GET', path)), '404 not-found', path);
});

test('a session may use the operations of its user on the ingress listener', async () => {
  const { cookie } = await auth.login();
  const headers = { cookie };
  const listed = await ask('listSessions', 'GET', '/auth/sessions', { headers });
  assert.equal(outcomeOf(listed), '200');
  assert.equal(listed.headers.get('authorization'), null);
  const body = { current: PASSWORD, next: 'another correct horse' };
  assert.equal(outcomeOf(await ask('changePassword', 'PUT', '/auth/password', { headers, body })), '204');
  assert.equal(outcomeOf(await ask('endSessions', 'DELETE', '/auth/sessions', { headers })), '204');
  assert.equal(outcomeOf(await ask('listSessions', 'GET', '/auth/sessions', { headers })), '401 unauthenticated');
});

test('auth itself refuses the login form of a page of another site', async () => {
  const { credentials } = await auth.register();
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
    const sent = { method: 'POST', headers, body: new URLSearchParams(credentials) };
    const response = await fetch(`${auth.url}/auth/login`, sent);
    assert.deepEqual([response.status, response.headers.getSetCookie()], [403, []]);
  }
  assert.equal((await post(`${auth.url}/auth/login`, form(credentials))).status, 200);
});

test('the ingress listener refuses writes that a page of another site sent', async () => {
  const { credentials } = await auth.register();
  const cookie = cookieOf(await post(`${ingress.url}/auth/login`, form(credentials)));
  const foreign: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];
  for (const headers of foreign) {
    const body = { username: 'planted', password: PASSWORD };
    assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { headers, body })), '403 cross-site');
    assert.equal(outcomeOf(await ask('register', 'POST', '/auth/register', { headers, body })), '403 cross-site');
    const own = { ...headers, cookie };
    assert.equal(outcomeOf(await ask('logoutByLink', 'GET', '/auth/logout', { headers: own })), '403 cross-site');
    assert.equal(outcomeOf(await ask('endSessions', 'DELETE', '/auth/sessions', { headers: own })), '403 cross-site');
  }
  assert.equal((await fetch(`${ingress.url}/auth`, { headers: { cookie } })).status, 200);
  const { host } = new URL(ingress.url);
  const sameSite = { ...json(credentials), headers: { ...json({}).headers, origin: `http://${host}` } };
  assert.equal((await post(`${ingress.url}/auth/login`, sameSite)).status, 200);
});
