/** The client in the README places an order. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startShop, type Shop } from '../support/shop/shop.ts';

const CLIENT = 'integration_tests/client.ts';
let shop: Shop;

before(async () => {
  shop = await startShop();
});
after(() => shop?.stop());

test('the client shown in the README is the one in integration_tests/, and its order succeeds', async () => {
  const [, shown] = /```ts\n([^]*?)```/.exec(await readFile('README.md', 'utf8'))!;
  assert.equal(shown, await readFile(CLIENT, 'utf8'));
  const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, shop.url]);
  assert.match(stdout, /^Order [0-9a-f-]{36} is SUCCESS\.\n$/);
});
