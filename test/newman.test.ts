/** The collection that people import into Postman, against a running gateway. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startShop, type Shop } from './support/shop.ts';

const ROOT = join(import.meta.dirname, '..');
const collection = join(ROOT, 'integration_tests', 'user_api_auth.json');
const newman = join(ROOT, 'node_modules', 'newman', 'bin', 'newman.js');
let shop: Shop;

before(async () => {
  shop = await startShop();
});

after(() => shop?.stop());

/** Runs the collection, and answers the exit code and what was said. */
const run = (baseUrl: string) =>
  new Promise<{ failed: boolean; told: string }>((resolve) =>
    execFile(process.execPath, [newman, 'run', '--color', 'off', '--env-var', `baseUrl=${baseUrl}`, collection], (error, stdout, stderr) =>
      resolve({ failed: error !== null, told: stdout + stderr }),
    ),
  );

test('the collection passes, and passes again on the same installation', async () => {
  for (const _time of [1, 2]) {
    const { failed, told } = await run(shop.url);
    assert.ok(!failed, told);
  }
});

test('the collection fails where there is no shop', async () => {
  assert.ok((await run('http://127.0.0.1:1')).failed);
});
