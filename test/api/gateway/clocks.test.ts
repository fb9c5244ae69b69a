/** The real auth role runs with a wrong clock, so a role may refuse the tokens that it issues. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { Writable } from 'node:stream';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { register } from 'prom-client';
import { gatewayApi } from '../../../api/gateway/app.ts';
import { createClientReader } from '../../../lib/http/forwarded.ts';
import { createUpstreams } from '../../../api/gateway/upstreams.ts';
import { unauthenticated } from '../../../lib/http/problem.ts';
import { createTokenVerifier } from '../../../lib/http/tokens.ts';
import { publishedDocument, restDocument } from '../../../roles/contract.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeService } from '../../support/fakes/service.ts';
import { freePort } from '../../support/free-port.ts';
import { createDatabase } from '../../support/postgres/database.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { json, post } from '../../support/requests/requests.ts';
import { serviceKeys } from '../../support/requests/tokens.ts';
import { users } from '../../support/shop/auth.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const SHIFTS_CLOCK = 'test/storm/world/preload.ts';
const METRIC = 'gateway_own_tokens_refused_total';
const database = await createDatabase('auth');
await database.close();
const closers: Array<() => unknown> = [];
after(async () => {
  for (const close of closers.toReversed()) await close();
});

/** The gateway, a role that verifies tokens, and the auth role as a process whose clock is off. */
async function startWithAuthClock(offsetMs: number) {
  const port = await freePort();
  const auth = spawn(process.execPath, ['--import', `./${SHIFTS_CLOCK}`, 'bin/order-saga.ts', 'auth'], {
    env: {
      AUTH_DATABASE_URL: database.url,
      AUTH_PORT: String(port),
      SERVICE_JWKS: JSON.stringify(serviceKeys),
      DATABASE_MAY_FORGET: 'true',
      STORM_CLOCK_OFFSET_MS: String(offsetMs),
    },
    stdio: 'ignore',
  });
  closers.push(() => auth.kill('SIGKILL'));
  const authUrl = `http://127.0.0.1:${port}`;
  const verify = createTokenVerifier({
    role: 'orders',
    jwksUrl: `${authUrl}/.well-known/jwks.json`,
    serviceKeys: { keys: [] },
  });
  const role = await serveQuietly('orders', [
    async (ctx) => {
      if (!(await verify(ctx.get('authorization').replace('Bearer ', '')))) throw unauthenticated();
      ctx.set('set-cookie', 'from=role');
      ctx.body = [];
    },
  ]);
  const lines: string[] = [];
  const upstreams = createUpstreams(new Map(Object.entries({ auth: authUrl, orders: role.url })));
  const log = pino({}, new Writable({ write: (line, _encoding, done) => (lines.push(String(line)), done()) }));
  const gateway = await serveQuietly(
    'gateway',
    gatewayApi({ document: restDocument, published: publishedDocument, upstreams, clientOf: createClientReader([]) }),
    { operations: false, log },
  );
  closers.push(upstreams.close, role.close, gateway.close);
  await eventually(async () => assert.equal((await fetch(`${authUrl}/.well-known/jwks.json`)).status, 200));
  return { url: gateway.url, errors: () => lines.filter((line) => JSON.parse(line).level === 50) };
}

for (const offsetMs of [-50_000, -6_000, 6_000, 50_000]) {
  test(`a buyer stays logged in if the clock of auth is off by ${offsetMs} ms`, async () => {
    const { url, errors } = await startWithAuthClock(offsetMs);
    const { cookie } = await users(url).login();
    assert.equal((await fetch(`${url}/orders`, { headers: { cookie } })).status, 200);
    assert.deepEqual(errors(), []);
  });
}

for (const offsetMs of [-3_600_000, 300_000]) {
  test(`a session is unavailable, not logged out, if the clock of auth is off by ${offsetMs} ms`, async () => {
    const { url, errors } = await startWithAuthClock(offsetMs);
    const { cookie, credentials } = await users(url).login();
    const before = await count();
    const response = await fetch(`${url}/orders`, { headers: { cookie } });
    assert.equal(response.headers.get('retry-after'), '1');
    assert.equal(response.headers.get('set-cookie'), null);
    assert.equal(response.headers.get('www-authenticate'), null);
    assert.equal((await assertDocumented('listOrders', response)).type, '/problems/unavailable');
    assert.equal((await fetch(`${url}/orders`, { method: 'HEAD', headers: { cookie } })).status, 503);
    assert.equal(await count(), before + 2);
    assert.match(errors().join(), /orders refused a token that auth has just issued/);

    // The session is still valid. A client's own token gets a 401, because it may really be invalid.
    assert.equal((await fetch(`${url}/auth`, { headers: { cookie } })).status, 200);
    const token = await assertDocumented('token', await post(`${url}/auth/token`, json(credentials)));
    const headers = { authorization: `Bearer ${token.access_token}` };
    assert.equal((await fetch(`${url}/orders`, { headers })).status, 401);
  });
}

test('a session is unavailable if auth answers 200 without a token', async () => {
  const [auth, orders] = [await startFakeService(), await startFakeService()];
  const upstreams = createUpstreams(new Map(Object.entries({ auth: auth.url, orders: orders.url })));
  const gateway = await serveQuietly(
    'gateway',
    gatewayApi({ document: restDocument, published: publishedDocument, upstreams, clientOf: createClientReader([]) }),
  );
  closers.push(auth.close, orders.close, upstreams.close, gateway.close);
  const response = await fetch(`${gateway.url}/orders`, { headers: { cookie: `session_id=${'A'.repeat(43)}` } });
  assert.equal((await assertDocumented('listOrders', response)).type, '/problems/unavailable');
  assert.deepEqual(orders.seen, []);
});

async function count(): Promise<number> {
  const { values } = await register.getSingleMetric(METRIC)!.get();
  return values.find(({ labels }) => labels['role'] === 'orders')?.value ?? 0;
}
