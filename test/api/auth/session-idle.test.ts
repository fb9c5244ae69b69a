/** A session that is not used ends, and its use is recorded cheaply. With a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createAuthStore, SESSION_RULES } from '../../../api/auth/store.ts';
import { eventually } from '../../support/eventually.ts';
import { openWithLongTimeouts } from '../../support/postgres/database.ts';
import { forgottenSession } from '../../support/postgres/sessions.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { fakePasswords, startAuth } from '../../support/shop/auth.ts';

const IDLE_S = 600;
const rules = { ...SESSION_RULES, idleS: IDLE_S };
const auth = await startAuth({ passwords: fakePasswords, rules });
const { rows, login } = auth;
after(() => auth.close());

const use = (cookie: string, method = 'GET') =>
  fetch(`${auth.url}/auth`, { headers: { cookie, 'x-forwarded-method': method } });
/** Sets the last use of a user's sessions to this long ago. */
const age = (id: string, seconds: number) =>
  rows.query(`update sessions set last_used_at = now() - $2 * interval '1 second' where user_id = $1`, [id, seconds]);
const unusedS = async (id: string) =>
  (
    await rows.query<{ s: number }>(
      'select extract(epoch from now() - last_used_at)::float8 as s from sessions where user_id = $1',
      [id],
    )
  ).rows[0]!.s;

for (const method of ['GET', 'POST']) {
  test(`a session that is not used ends, and a ${method} keeps it`, async () => {
    const { cookie, id } = await login();
    await age(id, IDLE_S - 60);
    assert.equal((await use(cookie, method)).status, 200);
    await eventually(async () => assert.ok((await unusedS(id)) < IDLE_S / 2));

    await age(id, IDLE_S);
    const late = await use(cookie, method);
    assert.equal((await assertDocumented('forwardAuth', late)).type, '/problems/unauthenticated');
    // Sending the cookie of an ended session does not revive it.
    assert.ok((await unusedS(id)) >= IDLE_S);
  });
}

test('an unused session is neither listed nor ended, as if it did not exist', async () => {
  const { id } = await login();
  const [{ id: sessionId }] = (await rows.query('select id from sessions where user_id = $1', [id])).rows;
  await age(id, IDLE_S);
  const { store } = auth.options;
  assert.deepEqual(await store.sessionsOf(id, { limit: 10 }), []);
  assert.equal(await store.endSessionOf(id, sessionId), undefined);
});

test('the use of a session is not written each time', async () => {
  const { cookie, id } = await login();
  const version = async () =>
    (await rows.query('select xmin::text from sessions where user_id = $1', [id])).rows[0].xmin;
  const before = await version();
  for (let n = 0; n < 20; n++) assert.equal((await use(cookie, n % 2 ? 'POST' : 'GET')).status, 200);
  // A use of another session is recorded after those of this one.
  const other = await login();
  await age(other.id, IDLE_S / 2);
  await use(other.cookie);
  await eventually(async () => assert.ok((await unusedS(other.id)) < IDLE_S / 4));
  assert.equal(await version(), before);
});

test('while a session cannot be written, it can be read', async () => {
  const { cookie, id } = await login();
  await age(id, IDLE_S / 2);
  const held = await forgottenSession(auth.databaseUrl, 'select from sessions where user_id = $1 for update', [id]);
  for (let n = 0; n < 20; n++) assert.equal((await use(cookie)).status, 200);
  await held.end(false);
  await eventually(async () => {
    await use(cookie);
    assert.ok((await unusedS(id)) < IDLE_S / 4);
  });
});

test('a session can be read on a read-only database', async (t) => {
  const { id } = await login();
  await age(id, IDLE_S / 2);
  const setting = `alter database ${new URL(auth.databaseUrl).pathname.slice(1)} set default_transaction_read_only`;
  await rows.query(`${setting} = on`);
  const database = openWithLongTimeouts(auth.databaseUrl);
  const store = createAuthStore(database, rules);
  t.after(async () => {
    await rows.query(`${setting} = off`);
    await store.close();
    await database.close();
  });
  const { rows: sessions } = await rows.query('select token_hash from sessions where user_id = $1', [id]);
  for (let n = 0; n < 20; n++) assert.equal(await store.sessionOwner(sessions[0].token_hash), id);
  assert.ok((await unusedS(id)) >= IDLE_S / 2);
  // After the failed writes, uses are still recorded.
  await rows.query(`${setting} = off`);
  await eventually(async () => {
    assert.equal(await store.sessionOwner(sessions[0].token_hash), id);
    assert.ok((await unusedS(id)) < IDLE_S / 4);
  });
});
