/** How a process ends: it reports unready, serves everything for a while, then closes its ports. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { roleNames } from '../../roles/role.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { createDatabase } from '../support/postgres/database.ts';
import { balanceLate } from '../support/requests/late-balancer.ts';
import { gatewayKey } from '../support/requests/tokens.ts';
import { startShop } from '../support/shop/shop.ts';

const READY_WITHIN_MS = 3_000;
const elsewhere = Object.fromEntries(
  ['AUTH', 'USERS', 'ORDERS', 'BILLING', 'NOTIFICATIONS'].map((name) => [`${name}_URL`, 'http://127.0.0.1:1']),
);

/** Starts the gateway as a process. It needs no servers. */
async function startGatewayProcess(t: TestContext, env: Record<string, string>) {
  const [port, opsPort] = [await freePort(), await freePort()];
  const child: ChildProcess = spawn(process.execPath, ['bin/order-saga.ts', 'gateway'], {
    env: {
      ...elsewhere,
      GATEWAY_SERVICE_KEY: gatewayKey,
      PORT: String(port),
      GATEWAY_OPS_PORT: String(opsPort),
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  t.after(() => child.kill('SIGKILL'));
  const [url, opsUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${opsPort}`];
  await eventually(() => fetch(`${url}/docs/openapi.json`));
  return { child, ended, url, opsUrl };
}

test('a worker stops polling when the drain starts, and stays reachable', async (t) => {
  const database = await createDatabase('orders');
  const port = await freePort();
  const child = spawn(process.execPath, ['bin/order-saga.ts', 'worker'], {
    env: {
      ...process.env,
      ...elsewhere,
      ORDERS_DATABASE_URL: database.url,
      WORKER_PORT: String(port),
      TEMPORAL_TASK_QUEUE: `drain-${port}`,
      LOG_LEVEL: 'info',
      DRAIN_MS: '300000',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await database.close();
  });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (log += piece));
  await eventually(() => assert.match(log, /polling Temporal for work/));
  child.kill('SIGTERM');
  await eventually(() => assert.match(log, /no longer polling Temporal/));
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  assert.deepEqual([response.status, await response.json()], [503, { status: 'unready: ending' }]);
});

test('after SIGTERM no role loses a new connection while a balancer learns of it, and each reports unready', async (t) => {
  const ports = Object.fromEntries(await Promise.all(roleNames.map(async (role) => [role, await freePort()] as const)));
  const opsPort = await freePort();
  const shop = await startShop({
    env: {
      ...Object.fromEntries(Object.entries(ports).map(([role, port]) => [`${role.toUpperCase()}_PORT`, String(port)])),
      GATEWAY_OPS_PORT: String(opsPort),
      // Much longer than the balancer needs, also on a busy machine.
      DRAIN_MS: '10000',
    },
  });
  const roles = roleNames.map((role) => (role === 'gateway' ? shop.url : `http://127.0.0.1:${ports[role]}`));
  const listeners = [...roles, `http://127.0.0.1:${opsPort}`];
  let stopped = false;
  const stop = () => (stopped ? undefined : ((stopped = true), shop.stop()));
  t.after(stop);

  const stopping = stop();
  await eventually(async () => {
    for (const url of listeners) {
      const response = await fetch(`${url}/health/ready`);
      assert.equal(response.status, 503, url);
      assert.match(await response.text(), /unready: ending/);
    }
  }, READY_WITHIN_MS);
  const sent = await Promise.all(listeners.map((url) => balanceLate(url, '/health/live')));
  assert.deepEqual(
    sent,
    listeners.map(() => ({ lost: 0, answered: 200, closing: 200 })),
  );
  await stopping;
  for (const url of listeners) await assert.rejects(fetch(url), url);
});

test('a request in flight at SIGTERM is answered, and its connection is closed', async (t) => {
  const { child, url, opsUrl, ended } = await startGatewayProcess(t, { DRAIN_MS: '5000' });
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  let text = '';
  socket.on('data', (piece) => (text += piece));
  // The login waits for its body, so the request is in flight.
  socket.write('POST /auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{');
  await eventually(() => fetch(`${url}/docs`));
  child.kill('SIGTERM');
  await eventually(async () => assert.equal((await fetch(`${opsUrl}/health/ready`)).status, 503), READY_WITHIN_MS);
  assert.match(await (await fetch(`${url}/health/ready`)).text(), /unready: ending/);
  socket.write('}');
  await once(socket, 'close');
  assert.match(text, /^HTTP\/1\.1 503 [^]*\r\nconnection: close\r\n/i);
  assert.deepEqual(await ended, [0, null]);
});

test('a second SIGTERM ends the process at once', async (t) => {
  const { child, opsUrl, ended } = await startGatewayProcess(t, { DRAIN_MS: '300000' });
  child.kill('SIGTERM');
  await eventually(async () => assert.equal((await fetch(`${opsUrl}/health/ready`)).status, 503), READY_WITHIN_MS);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [1, null]);
});

test('without DRAIN_MS a process drains for three seconds', async (t) => {
  const { child, url, ended } = await startGatewayProcess(t, {});
  child.kill('SIGTERM');
  const { lost } = await balanceLate(url, '/docs/openapi.json', { count: 50 });
  assert.equal(lost, 0);
  assert.deepEqual(await ended, [0, null]);
});
