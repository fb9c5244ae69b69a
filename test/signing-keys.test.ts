/** The keys that sign users' tokens, in a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { Client } from 'pg';
import { createSigningKeys } from '../api/auth/signing-keys.ts';
import { createAuthStore } from '../api/auth/store.ts';
import { createDatabase } from './support/database.ts';

const database = await createDatabase('auth');
const store = createAuthStore(database);
const rows = new Client(database.url);
await rows.connect();

after(async () => {
  await rows.end();
  await store.close();
  await database.close();
});

const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid as string;

test('of many replicas that start at once, all sign with the one key that one of them made', async () => {
  const tokens = await Promise.all(Array.from({ length: 6 }, () => createSigningKeys(store).sign('somebody')));
  const kids = new Set(tokens.map(kidOf));
  const { rows: kept } = await rows.query('select kid from signing_keys');
  assert.deepEqual(
    [...kids],
    kept.map(({ kid }) => kid),
  );
});

test('a new key is published before it signs, and a retired one neither signs nor is published', async () => {
  const [first] = await store.signingKeys();
  await rows.query(`insert into signing_keys (kid, private_key, public_jwk) select 'second', private_key, public_jwk || '{"kid": "second"}' from signing_keys`);
  await rows.query(`update signing_keys set created_at = now() - interval '1 day' where kid = $1`, [first!.kid]);
  assert.deepEqual(await signerAndPublished(), [first!.kid, ['second', first!.kid]]);

  await rows.query(`update signing_keys set created_at = now() - interval '3 minutes' where kid = 'second'`);
  assert.deepEqual(await signerAndPublished(), ['second', ['second', first!.kid]]);

  await rows.query('update signing_keys set retired_at = now() where kid = $1', [first!.kid]);
  assert.deepEqual(await signerAndPublished(), ['second', ['second']]);
});

test('keys that were read once are used on while the database is away, and it is asked again', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  let readings = 0;
  const keys = createSigningKeys({
    addFirstSigningKey: store.addFirstSigningKey,
    signingKeys: () => (readings++ === 0 ? store.signingKeys() : Promise.reject(new Error('away'))),
  });
  await keys.sign('somebody');
  for (let minute = 1; minute <= 3; minute++) {
    t.mock.timers.tick(60_000);
    assert.equal(kidOf(await keys.sign('somebody')), 'second');
    assert.equal(readings, 1 + minute);
    // The failed reading ends behind the back of who asked.
    await endOfTurn();
  }
});

async function signerAndPublished() {
  const keys = createSigningKeys(store);
  const { keys: published } = await keys.published();
  return [kidOf(await keys.sign('somebody')), published.map(({ kid }) => kid)];
}
