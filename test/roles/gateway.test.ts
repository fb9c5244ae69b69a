/** The gateway role: its configuration, its two listeners, and other roles in the same process. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ConfigFault } from '../../lib/config.ts';
import { createLog } from '../../lib/log.ts';
import { auth as authRole } from '../../roles/auth.ts';
import { gateway as gatewayRole } from '../../roles/gateway.ts';
import type { Running, Shared } from '../../roles/role.ts';
import { freePort } from '../support/free-port.ts';
import { createDatabase } from '../support/postgres/database.ts';
import { assertDocumented } from '../support/requests/openapi.ts';
import { gatewayKey, serviceKeys } from '../support/requests/tokens.ts';

const elsewhere = Object.fromEntries(
  ['USERS', 'ORDERS', 'BILLING', 'NOTIFICATIONS'].map((name) => [`${name}_URL`, 'http://127.0.0.1:1']),
);
const running: Running[] = [];
after(async () => {
  for (const each of running.toReversed()) await each.close();
});

test('the roles of one process reach each other, and metrics are only on the operations listener', async () => {
  const database = await createDatabase('auth');
  await database.close();
  const opsPort = await freePort();
  const env = {
    ...elsewhere,
    AUTH_DATABASE_URL: database.url,
    SERVICE_JWKS: JSON.stringify(serviceKeys),
    GATEWAY_SERVICE_KEY: gatewayKey,
    PORT: String(await freePort()),
    GATEWAY_OPS_PORT: String(opsPort),
  };
  const together = new Set(['auth', 'gateway'] as const);
  const shared: Shared = { log: createLog('silent'), urls: new Map(), allowNonDurable: true };

  for (const role of [authRole, gatewayRole]) {
    const started = await role.configure(env, together)(shared);
    running.push(started);
    shared.urls.set(role.name, started.url);
  }
  const url = shared.urls.get('gateway')!;
  await assertDocumented('jwks', await fetch(`${url}/.well-known/jwks.json`));
  assert.equal((await fetch(`http://127.0.0.1:${opsPort}/metrics`)).status, 200);
  assert.equal((await assertDocumented(undefined, await fetch(`${url}/metrics`))).type, '/problems/not-found');
  const { roles } = await assertDocumented('ready', await fetch(`${url}/health/ready`));
  assert.deepEqual(roles, {
    auth: 'ready',
    users: 'unready',
    orders: 'unready',
    billing: 'unready',
    notifications: 'unready',
  });
});

test('all configuration faults are reported together', () => {
  const env = {
    ...elsewhere,
    USERS_URL: 'nonsense',
    PORT: '99999',
    TRUSTED_PROXIES: '10.0.0.0/8, localhost',
    WORKER_URL: 'nonsense',
    GATEWAY_SERVICE_KEY: 'nonsense',
  };
  assert.throws(
    () => gatewayRole.configure(env, new Set(['gateway'])),
    (error) =>
      error instanceof ConfigFault &&
      ['AUTH_URL', 'USERS_URL', 'PORT', 'TRUSTED_PROXIES', 'WORKER_URL', 'GATEWAY_SERVICE_KEY'].every((name) =>
        error.message.includes(name),
      ),
  );
  assert.throws(
    () => authRole.configure({ SESSION_TTL_S: '0' }, new Set(['auth'])),
    /SESSION_TTL_S[^]*AUTH_DATABASE_URL|AUTH_DATABASE_URL[^]*SESSION_TTL_S/,
  );
});
