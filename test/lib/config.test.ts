import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ConfigFault, list, oneOf, port, readConfig, text, textOr, url, wholeNumber } from '../../lib/config.ts';
import { gatewayKey } from '../support/requests/tokens.ts';

const readers = {
  name: text('NAME', 'a name'),
  port: port('PORT', 'a port', 8080),
  where: url('WHERE', 'a URL'),
  mode: oneOf('MODE', 'a word', ['fast', 'safe'], 'safe'),
  waitMs: wholeNumber('WAIT_MS', 'a number', { min: 1, max: 10, otherwise: 5 }),
  brokers: list('BROKERS', 'words'),
  prefix: textOr('PREFIX', 'a text', ''),
};

test('settings are read from the environment, with defaults', () => {
  assert.deepEqual(readConfig({ NAME: 'a', WHERE: 'http://a:1/', BROKERS: 'a:1, b:2' }, readers), {
    name: 'a',
    port: 8080,
    where: 'http://a:1',
    mode: 'safe',
    waitMs: 5,
    brokers: ['a:1', 'b:2'],
    prefix: '',
  });
});

test('all faults are reported together, each with the name of its variable', () => {
  const faulty = { PORT: '99999', WHERE: 'nowhere', MODE: 'odd', WAIT_MS: '1.5', BROKERS: ' , ' };
  assert.throws(
    () => readConfig(faulty, readers),
    (error: Error) => {
      assert.ok(error instanceof ConfigFault);
      assert.deepEqual(
        error.message.split('\n').map((line) => line.split(' ')[0]),
        ['NAME', 'PORT', 'WHERE', 'MODE', 'WAIT_MS', 'BROKERS'],
      );
      return true;
    },
  );
});

const run = (words: string[], env: Record<string, string>) =>
  spawnSync(process.execPath, ['bin/order-saga.ts', ...words], { env, encoding: 'utf8', timeout: 120_000 });

test('the program exits if its configuration has faults and reports those of all roles, each once', () => {
  const { status, stderr } = run(['all'], {
    LOG_LEVEL: 'loud',
    DRAIN_MS: '-1',
    KEEP_ALIVE_MS: '999',
    PORT: 'x',
    WORKER_SERVICE_KEY: 'not a key',
    SERVICE_JWKS: '{}',
  });
  const named = [
    'LOG_LEVEL',
    'DRAIN_MS',
    'KEEP_ALIVE_MS',
    'PORT',
    'AUTH_DATABASE_URL',
    'ORDERS_DATABASE_URL',
    'TEMPORAL_ADDRESS',
    'KAFKA_BROKERS',
    'SMTP_URL',
    'SERVICE_JWKS',
    'WORKER_SERVICE_KEY',
  ];
  assert.equal(status, 1);
  for (const name of named)
    assert.equal(
      stderr.split('\n').filter((line) => line.trim().startsWith(`${name} `)).length,
      1,
      `${name} in:\n${stderr}`,
    );
});

test('an unknown role is refused with a list of the known roles', () => {
  const { status, stderr } = run(['cook'], {});
  assert.equal(status, 1);
  assert.match(stderr, /There is no role "cook"[\s\S]*Roles: all, auth/);
});

test('a role that cannot start logs the reason and exits with 1', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const others = ['AUTH_URL', 'USERS_URL', 'ORDERS_URL', 'BILLING_URL', 'NOTIFICATIONS_URL'].map((name) => [
    name,
    'http://127.0.0.1:1',
  ]);
  const { status, stdout } = run(['gateway'], {
    PORT: String(port),
    GATEWAY_SERVICE_KEY: gatewayKey,
    GATEWAY_OPS_PORT: String(port),
    ...Object.fromEntries(others),
  });
  other.close();
  assert.match(stdout, /could not start/);
  assert.match(stdout, /in use by another program/);
  assert.equal(status, 1);
});
