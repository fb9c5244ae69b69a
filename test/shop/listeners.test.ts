/** The addresses and ports on which the whole app listens, and what each serves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, test } from 'node:test';
import { roleNames } from '../../roles/role.ts';
import { freePort } from '../support/free-port.ts';
import { createBuyer } from '../support/shop/buyer.ts';
import { startShop, type Shop } from '../support/shop/shop.ts';

/** An address of this machine at which a listener on 127.0.0.1 is not reachable. */
const OTHER_ADDRESS =
  Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.2';
const FAILURES_MAX = 5;

const variables = roleNames.map((role) => (role === 'gateway' ? 'GATEWAY_OPS_PORT' : `${role.toUpperCase()}_PORT`));
const ports: Record<string, string> = {};
let shop: Shop;

before(async () => {
  for (const name of [...variables, 'AUTH_INGRESS_PORT']) ports[name] = String(await freePort());
  shop = await startShop({
    env: { ...ports, HOST: '0.0.0.0', LOG_LEVEL: 'info', LOGIN_FAILURES_PER_ADDRESS: String(FAILURES_MAX) },
  });
});
after(() => shop?.stop());

const at = (name: string) => `http://127.0.0.1:${ports[name]}`;

async function isReachable(address: string, port: number): Promise<boolean> {
  const socket = connect(port, address);
  const reached = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return reached;
}

test('HOST opens the public port to other addresses, and no other port', async () => {
  const lines = (await shop.log()).split('\n').filter((line) => line.includes('"msg":"listening"'));
  const listeners = lines.map((line) => JSON.parse(line) as { role: string; url: string });
  const portOf = new Map(listeners.map(({ role, url }) => [role, Number(new URL(url).port)]));
  assert.deepEqual([...portOf.keys()].sort(), [...roleNames, 'auth-ingress', 'gateway-operations'].sort());
  const reachable = await Promise.all(
    [...portOf].map(async ([role, port]) => [role, await isReachable(OTHER_ADDRESS, port)] as const),
  );
  assert.deepEqual(
    reachable.filter(([, isOpen]) => isOpen).map(([role]) => role),
    ['gateway'],
  );
  for (const port of portOf.values()) assert.equal(await isReachable('127.0.0.1', port), true);
});

test('health and metrics are on the internal listeners only', async () => {
  for (const name of variables) {
    for (const path of ['/health/live', '/metrics']) assert.equal((await fetch(at(name) + path)).status, 200, name);
  }
  for (const url of [shop.url, at('AUTH_INGRESS_PORT')]) {
    for (const path of ['/health/live', '/metrics']) assert.equal((await fetch(url + path)).status, 404, url);
  }
});

test('forward-auth sends a token on the internal listener only', async () => {
  const { cookie, id } = await createBuyer(shop.url);
  const answers = await Promise.all(
    [at('AUTH_PORT'), at('AUTH_INGRESS_PORT'), shop.url].map(async (url) => {
      const { status, headers } = await fetch(`${url}/auth`, { headers: { cookie } });
      return [status, headers.get('x-user-id'), headers.has('authorization')];
    }),
  );
  assert.deepEqual(answers, [
    [200, id, true],
    [200, id, false],
    [200, id, false],
  ]);
});

test('the gateway publishes the public half of its key on its operations port only', async () => {
  const { keys } = (await (await fetch(`${at('GATEWAY_OPS_PORT')}/.well-known/jwks.json`)).json()) as {
    keys: Record<string, string>[];
  };
  assert.deepEqual(
    keys.map((key) => Object.keys(key).sort()),
    [['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']],
  );
  assert.equal(keys[0]!['kid'], 'gateway');
  const known = JSON.parse(shop.env['SERVICE_JWKS']!) as { keys: Record<string, string>[] };
  assert.ok(known.keys.some(({ kid, x }) => kid === 'gateway' && x === keys[0]!['x']));
  const published = await (await fetch(`${shop.url}/.well-known/jwks.json`)).text();
  assert.doesNotMatch(published, /"gateway"/);
});

test('wrong logins straight at auth count for the address of their peer, whatever they claim to forward', async () => {
  const outcomes: number[] = [];
  for (let n = 0; n <= FAILURES_MAX; n++) {
    const url = at(n % 2 ? 'AUTH_PORT' : 'AUTH_INGRESS_PORT');
    const response = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.100.${n}` },
      body: JSON.stringify({ username: `unknown-${n}`, password: 'a wrong password' }),
    });
    outcomes.push(response.status);
  }
  assert.deepEqual(outcomes, [...Array(FAILURES_MAX).fill(403), 429]);
});
