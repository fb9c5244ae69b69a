/** The addresses from which users have logged in are bounded in number and age. With a real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { createAuthStore } from '../../../api/auth/store.ts';
import { createDatabase } from '../../support/postgres/database.ts';

const database = await createDatabase('auth');
const store = createAuthStore(database);
after(async () => {
  await store.close();
  await database.close();
});

async function register() {
  const [id, username] = [randomUUID(), `ada-${randomUUID()}`];
  await store.register({ id, username, passwordHash: 'hash' });
  const isKnown = async (hash: string) => (await store.findCredential(username, hash))?.isKnownAddress;
  const hashes = async () =>
    (
      await database.query<{ hash: string }>(
        'select address_hash as hash from known_addresses where user_id = $1 order by used_at, hash',
        [id],
      )
    ).map(({ hash }) => hash);
  return { id, isKnown, hashes };
}

test('of 25 addresses of a user the 20 used last are known', async () => {
  const { id, isKnown, hashes } = await register();
  for (let n = 10; n < 35; n++) await store.rememberAddress(id, `address ${n}`);
  assert.deepEqual(
    await hashes(),
    Array.from({ length: 20 }, (_, n) => `address ${n + 15}`),
  );
  assert.deepEqual([await isKnown('address 14'), await isKnown('address 15')], [false, true]);
});

test('many addresses at once stay bounded', async () => {
  const { id, hashes } = await register();
  await Promise.all(Array.from({ length: 60 }, (_, n) => store.rememberAddress(id, `address ${n}`)));
  await store.rememberAddress(id, 'last');
  assert.ok((await hashes()).length <= 20 && (await hashes()).includes('last'));
});

test('an address is unknown after 90 days without a login from it, and is deleted by a login of anybody', async () => {
  const [user, somebody] = [await register(), await register()];
  for (const hash of ['old', 'used again', 'recent']) await store.rememberAddress(user.id, hash);
  const age = (hash: string, days: number) =>
    database.query(
      `update known_addresses set used_at = now() - $3 * interval '1 day' where user_id = $1 and address_hash = $2`,
      [user.id, hash, days],
    );
  await age('old', 91);
  await age('used again', 91);
  await age('recent', 89);
  assert.deepEqual(
    [await user.isKnown('old'), await user.isKnown('used again'), await user.isKnown('recent')],
    [false, false, true],
  );
  await store.rememberAddress(user.id, 'used again');
  assert.equal(await user.isKnown('used again'), true);
  await store.rememberAddress(somebody.id, 'elsewhere');
  assert.deepEqual(await user.hashes(), ['recent', 'used again']);
});

test('a login does not wait for a known address that another session has locked', async () => {
  const { id, isKnown } = await register();
  await store.rememberAddress(id, 'home');
  await database.query(`update known_addresses set used_at = now() - interval '2 days' where user_id = $1`, [id]);
  await database.query('begin');
  await database.query('select from known_addresses where user_id = $1 for update', [id]);
  await store.rememberAddress(id, 'home');
  await database.query('rollback');
  assert.equal(await isKnown('home'), true);
});

test('the addresses of a deleted user are deleted', async () => {
  const { id, hashes } = await register();
  await store.rememberAddress(id, 'home');
  await database.query('delete from credentials where id = $1', [id]);
  assert.deepEqual(await hashes(), []);
});
