/** Signing keys rotate without any valid token being rejected. */
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { Client } from 'pg';
import { createSigningKeys } from '../../../api/auth/signing-keys.ts';
import { createAuthStore } from '../../../api/auth/store.ts';
import { createTokenVerifier } from '../../../lib/http/tokens.ts';
import { createDatabase } from '../../support/postgres/database.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const USER_ID = '5f0c6a52-6c1f-4b35-9a53-2f8f6f0f6f10';

const DAY_S = 86_400;
const rotationS = 30 * DAY_S;
const database = await createDatabase('auth');
const store = createAuthStore(database);
const rows = new Client(database.url);
await rows.connect();

beforeEach(() => rows.query('delete from signing_keys'));
after(async () => {
  await rows.end();
  await store.close();
  await database.close();
});

const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid as string;
/** Reads the keys as a new replica does. Returns the id of the key that signs and the ids of all published keys. */
async function signerAndPublished() {
  const keys = createSigningKeys(store, { rotationS });
  const { keys: published } = await keys.published();
  return [kidOf(await keys.sign(USER_ID)), published.map(({ kid }) => kid!)] as const;
}
const pass = (seconds: number) =>
  rows.query(`update signing_keys set created_at = created_at - $1 * interval '1 second'`, [seconds]);

test('replicas that start at the same time all sign with the same single key', async () => {
  const tokens = await Promise.all(
    Array.from({ length: 6 }, () => createSigningKeys(store, { rotationS }).sign(USER_ID)),
  );
  const { rows: kept } = await rows.query('select kid from signing_keys');
  assert.deepEqual(
    [...new Set(tokens.map(kidOf))],
    kept.map(({ kid }) => kid),
  );
});

test('an old key gets one successor, which is published before it signs, and is removed after its tokens have expired', async () => {
  const [first] = await signerAndPublished();
  await pass(rotationS - 60);
  assert.deepEqual(await signerAndPublished(), [first, [first]]);

  await pass(60);
  const replicas = await Promise.all(Array.from({ length: 6 }, signerAndPublished));
  const [second] = replicas[0]![1];
  assert.notEqual(second, first);
  for (const replica of replicas) assert.deepEqual(replica, [first, [second, first]]);

  await pass(60);
  assert.deepEqual(await signerAndPublished(), [first, [second, first]]);
  await pass(60);
  assert.deepEqual(await signerAndPublished(), [second, [second, first]]);
  // The first key is kept until the second is 15 minutes old. By then all tokens of the first have expired.
  await pass(720);
  assert.deepEqual(await signerAndPublished(), [second, [second, first]]);
  await pass(60);
  assert.deepEqual(await signerAndPublished(), [second, [second]]);
});

test('a key that an operator has deleted is replaced and neither used nor published', async () => {
  const [first] = await signerAndPublished();
  await rows.query('delete from signing_keys');
  const [second, published] = await signerAndPublished();
  assert.notEqual(second, first);
  assert.deepEqual(published, [second]);
});

test('while the database is down, a replica keeps using the keys it has read and retries once a minute', async (t) => {
  const [kid] = await signerAndPublished();
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  let readings = 0;
  const keys = createSigningKeys(
    { ...store, signingKeys: () => (readings++ === 0 ? store.signingKeys() : Promise.reject(new Error('down'))) },
    { rotationS },
  );
  await keys.sign(USER_ID);
  for (let minute = 1; minute <= 3; minute++) {
    t.mock.timers.tick(60_000);
    assert.deepEqual([kidOf(await keys.sign(USER_ID)), kidOf(await keys.sign(USER_ID))], [kid, kid]);
    assert.equal(readings, 1 + minute);
    await endOfTurn();
  }
});

test('setting the clock back does not make cached keys fresh', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const keys = createSigningKeys(store, { rotationS });
  await keys.sign(USER_ID);
  await rows.query('delete from signing_keys');
  const [second] = await signerAndPublished();
  t.mock.timers.setTime(Date.now() - 3_600_000);
  assert.equal(kidOf(await keys.sign(USER_ID)), second);
});

test('a replica without requests for a minute reads the keys before it answers', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const keys = createSigningKeys(store, { rotationS });
  await keys.sign(USER_ID);
  await rows.query('delete from signing_keys');
  const [second] = await signerAndPublished();
  t.mock.timers.tick(60_000);
  assert.deepEqual(
    (await keys.published()).keys.map(({ kid }) => kid),
    [second],
  );
});

test('during rotation every token signed by one replica is accepted by readers of the keys of another', async (t) => {
  // A new key is published for `publishedBeforeUseS` before it signs. No reader caches a set of keys for that long.
  const times = { rotationS: 1.5, freshS: 0.05, staleS: 0.1, publishedBeforeUseS: 0.5, supersededS: 1.2 };
  const [one, other] = [createSigningKeys(store, times), createSigningKeys(store, times)];
  const auth = await serveQuietly('auth', [async (ctx) => void (ctx.body = await other.published())]);
  t.after(() => auth.close());
  const verify = createTokenVerifier({
    role: 'orders',
    jwksUrl: auth.url,
    serviceKeys: { keys: [] },
    refetchAfterMs: 100,
  });

  const kids = new Set<string>();
  const atOnce = new Set<number>();
  const startedMs = performance.now();
  for (let n = 0; kids.size < 4 && performance.now() - startedMs < 30_000; n++) {
    const token = await (n % 2 ? one : other).sign(USER_ID);
    assert.deepEqual(await verify(token), { kind: 'user', id: USER_ID }, `token ${n}, after ${kids.size} keys`);
    kids.add(kidOf(token));
    atOnce.add((await other.published()).keys.length);
  }
  assert.deepEqual([kids.size, Math.max(...atOnce)], [4, 2]);
});
