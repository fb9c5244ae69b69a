/** The gateway's public port limits the connections of one address, and its operations port does not. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createLog } from '../../lib/log.ts';
import { gateway } from '../../roles/gateway.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { gatewayKey } from '../support/requests/tokens.ts';

const required = {
  ...Object.fromEntries(
    ['AUTH_URL', 'USERS_URL', 'ORDERS_URL', 'BILLING_URL', 'NOTIFICATIONS_URL'].map((name) => [
      name,
      'http://127.0.0.1:1',
    ]),
  ),
  GATEWAY_SERVICE_KEY: gatewayKey,
};

/** Starts the role, opens ten idle connections to a port, and returns those that stay open. */
async function keptOf(t: TestContext, which: 'PORT' | 'GATEWAY_OPS_PORT', env: Record<string, string>) {
  const ports = { PORT: String(await freePort()), GATEWAY_OPS_PORT: String(await freePort()) };
  const start = gateway.configure({ ...required, ...ports, ...env }, new Set());
  const running = await start({ log: createLog('silent'), urls: new Map(), allowNonDurable: true });
  const sockets: Socket[] = [];
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await running.close();
  });
  for (let n = 0; n < 10; n++) {
    const socket = connect(Number(ports[which]), '127.0.0.1').on('error', () => {});
    sockets.push(socket.resume());
    await once(socket, 'connect');
  }
  // Once the listener has answered on a later connection, it has accepted all of them.
  await fetch(`http://127.0.0.1:${ports[which]}/`, { redirect: 'manual', headers: { connection: 'close' } });
  return () => sockets.flatMap((socket, n) => (socket.closed ? [] : [n]));
}

test('CONNECTIONS_PER_ADDRESS limits the public port: the connections idle longest end', async (t) => {
  const kept = await keptOf(t, 'PORT', { CONNECTIONS_PER_ADDRESS: '3' });
  await eventually(() => assert.deepEqual(kept(), [8, 9]));
});

test('the default is 500', async (t) => {
  const kept = await keptOf(t, 'PORT', {});
  assert.equal(kept().length, 10);
  assert.equal(gateway.settings().find(({ name }) => name === 'CONNECTIONS_PER_ADDRESS')?.fallback, '500');
});

test('CONNECTIONS_PER_ADDRESS applies neither to trusted proxies nor to the operations port', async (t) => {
  const proxy = await keptOf(t, 'PORT', { CONNECTIONS_PER_ADDRESS: '3', TRUSTED_PROXIES: '127.0.0.1' });
  const prober = await keptOf(t, 'GATEWAY_OPS_PORT', { CONNECTIONS_PER_ADDRESS: '3' });
  assert.deepEqual([proxy().length, prober().length], [10, 10]);
});

test('a limit of 0, or one that is not a number, is refused', () => {
  for (const value of ['0', '-1', 'many', '1.5'])
    assert.throws(
      () => gateway.configure({ ...required, CONNECTIONS_PER_ADDRESS: value }, new Set()),
      /CONNECTIONS_PER_/,
    );
});
