/**
 * Auth believes a client's address, protocol and method only from the gateway, by its token, and from trusted proxies.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { register } from 'prom-client';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { createContractClient, outcomeOf } from '../../support/requests/contract-client.ts';
import { json, post } from '../../support/requests/requests.ts';
import { gatewayKey, nowS, signed, strangersKey, workerKey } from '../../support/requests/tokens.ts';
import { LIMITS, fakePasswords, startAuth } from '../../support/shop/auth.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const few = { loginFailuresPerAddress: 3, writesBurst: 2, writesPerSecond: 1 };
const auth = await startAuth({ passwords: fakePasswords, trustedProxies: [], limits: few });
after(() => auth.close());

const gatewayToken = createServiceTokens('gateway', gatewayKey, 'auth');
const ask = createContractClient(auth.url);
let names = 0;
const wrongLogin = async (address: string, headers: Record<string, string> = {}, send = ask) =>
  outcomeOf(
    await send('login', 'POST', '/auth/login', {
      headers: { 'x-forwarded-for': address, ...headers },
      body: { username: `unknown-${++names}`, password: 'wrong horse' },
    }),
  );
const deleteCounters = () => auth.rows.query('delete from attempts');
/** Deletes all counters, and waits until auth no longer repeats a refusal from memory. */
const forget = async () => {
  await deleteCounters();
  await eventually(async () => assert.equal(await wrongLogin('203.0.113.99'), '403 wrong-credentials'));
  await deleteCounters();
};

test('105 wrong logins with changing forwarded addresses count for the address of their peer', async (t) => {
  const usual = await startAuth({ passwords: fakePasswords, trustedProxies: [] });
  t.after(() => usual.close());
  const send = createContractClient(usual.url);
  const outcomes = await Promise.all(Array.from({ length: 105 }, (_, n) => wrongLogin(`198.51.100.${n}`, {}, send)));
  assert.equal(
    outcomes.filter((outcome) => outcome === '403 wrong-credentials').length,
    LIMITS.loginFailuresPerAddress,
  );
  assert.equal(outcomes.filter((outcome) => outcome === '429 too-many-requests').length, 5);
});

const minute = { sub: 'gateway', iss: 'order-saga/service', aud: 'auth', jti: 'x', exp: nowS + 60 };
const strangers: Record<string, Record<string, string>> = {
  'no token': {},
  "the worker's token": { 'x-service-token': createServiceTokens('worker', workerKey, 'auth')() },
  "the gateway's token for another role": {
    'x-service-token': createServiceTokens('gateway', gatewayKey, 'billing')(),
  },
  "a token in the gateway's name with another key": {
    'x-service-token': createServiceTokens('gateway', strangersKey, 'auth')(),
  },
  'a token for two roles': {
    'x-service-token': signed({ ...minute, aud: ['auth', 'billing'] }, { key: gatewayKey, keyid: 'gateway' }),
  },
  "an expired token of the gateway's": {
    'x-service-token': signed({ ...minute, exp: nowS - 61, iat: nowS - 121 }, { key: gatewayKey, keyid: 'gateway' }),
  },
  "the gateway's token as a bearer token": { authorization: `Bearer ${gatewayToken()}` },
  'a word': { 'x-service-token': 'gateway' },
};

for (const [what, headers] of Object.entries(strangers)) {
  test(`a peer with ${what} is not believed: its own address, protocol and method count`, async () => {
    await forget();
    const outcomes: string[] = [];
    for (let n = 0; n < 4; n++) outcomes.push(await wrongLogin(`198.51.100.${n}`, headers));
    assert.deepEqual(outcomes, [...Array(3).fill('403 wrong-credentials'), '429 too-many-requests']);
    await forget();
    const { credentials } = await auth.register();
    const sent = { ...json(credentials), headers: { ...json({}).headers, 'x-forwarded-proto': 'https', ...headers } };
    const response = await post(`${auth.url}/auth/login`, sent);
    const cookie = response.headers.get('set-cookie')!;
    assert.doesNotMatch(cookie, /Secure/);
    assert.deepEqual(await statusesOfWrites(cookie, headers['x-service-token']), [200, 200, 200, 200]);
  });
}

test("the gateway's token is believed: the forwarded address, protocol and method count", async () => {
  await forget();
  const headers = { 'x-service-token': gatewayToken() };
  for (let n = 0; n < 5; n++)
    assert.equal(await wrongLogin(`198.51.100.${n}`, headers), '403 wrong-credentials', String(n));
  for (let n = 0; n < 2; n++) await wrongLogin('198.51.100.200', headers);
  assert.equal(await wrongLogin('198.51.100.200', headers), '403 wrong-credentials');
  assert.equal(await wrongLogin('198.51.100.200', headers), '429 too-many-requests');
  const { credentials } = await auth.register();
  const sent = { ...json(credentials), headers: { ...json({}).headers, 'x-forwarded-proto': 'https', ...headers } };
  const cookie = (await post(`${auth.url}/auth/login`, sent)).headers.get('set-cookie')!;
  assert.match(cookie, /Secure/);
  assert.deepEqual(await statusesOfWrites(cookie, gatewayToken()), [200, 200, 429, 429]);
});

test('a refused token is counted, so that an operator learns that keys do not match', async () => {
  const count = async () => {
    const { values } = await register.getSingleMetric('auth_gateway_tokens_refused_total')!.get();
    return values[0]!.value;
  };
  const before = await count();
  await wrongLogin('198.51.100.1', { 'x-service-token': createServiceTokens('gateway', strangersKey, 'auth')() });
  assert.equal(await count(), before + 1);
  await wrongLogin('198.51.100.1', { 'x-service-token': gatewayToken() });
  await wrongLogin('198.51.100.1');
  assert.equal(await count(), before + 1);
});

test('an expired token is refused even if it was accepted before', async (t) => {
  await forget();
  const token = createServiceTokens('gateway', gatewayKey, 'auth')();
  assert.equal(await wrongLogin('198.51.100.1', { 'x-service-token': token }), '403 wrong-credentials');
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 200_000 });
  const outcomes: string[] = [];
  for (let n = 0; n < 4; n++) outcomes.push(await wrongLogin(`203.0.113.${n}`, { 'x-service-token': token }));
  assert.equal(outcomes.at(-1), '429 too-many-requests');
});

test('behind the gateway each client has its own limit, and cannot choose it', async (t) => {
  await forget();
  const gateway = await startGateway({ auth: auth.url });
  const behindProxy = await startGateway({ auth: auth.url }, { trustedProxies: ['127.0.0.1'] });
  t.after(() => Promise.all([gateway.close(), behindProxy.close()]));
  const direct = createContractClient(gateway.url);
  const proxied = createContractClient(behindProxy.url);
  // A client that has stolen a token of the gateway cannot use it, because the gateway drops the header.
  const forged = { 'x-service-token': gatewayToken() };
  const outcomes: string[] = [];
  for (let n = 0; n < 4; n++) outcomes.push(await wrongLogin(`198.51.100.${n}`, forged, direct));
  assert.deepEqual(outcomes, [...Array(3).fill('403 wrong-credentials'), '429 too-many-requests']);
  for (let n = 0; n < 5; n++)
    assert.equal(await wrongLogin(`198.51.100.${n}`, {}, proxied), '403 wrong-credentials', String(n));
});

/** Sends writes of one session or token through forward-auth. */
async function statusesOfWrites(cookie: string, token: string | undefined): Promise<number[]> {
  const headers = {
    cookie: cookie.split(';')[0]!.replace(/^__Host-/, ''),
    'x-forwarded-method': 'POST',
    ...(token && { 'x-service-token': token }),
  };
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) statuses.push((await fetch(`${auth.url}/auth`, { headers })).status);
  return statuses;
}
