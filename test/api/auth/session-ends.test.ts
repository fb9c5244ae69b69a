/** A session ends when its browser logs in again, and when its user has too many sessions. With a real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { SESSION_RULES } from '../../../api/auth/store.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { cookieOf, json, post } from '../../support/requests/requests.ts';
import { fakePasswords, PASSWORD, startAuth } from '../../support/shop/auth.ts';

const PER_USER = 3;
const auth = await startAuth({ passwords: fakePasswords, rules: { perUserMax: PER_USER } });
const { rows, register } = auth;
const many = await startAuth({
  passwords: fakePasswords,
  limits: { loginsPerAccount: 1_000, loginsPerAddress: 1_000 },
});
after(async () => {
  await auth.close();
  await many.close();
});

const send = (credentials: object, cookie?: string) =>
  post(`${auth.url}/auth/login`, { ...json(credentials), headers: { ...json({}).headers, ...(cookie && { cookie }) } });
const login = async (credentials: object, cookie?: string) => cookieOf(await send(credentials, cookie));
const isValid = async (cookie: string) => (await fetch(`${auth.url}/auth`, { headers: { cookie } })).status === 200;
const areValid = (cookies: string[]) => Promise.all(cookies.map(isValid));

test('a login ends the session of its cookie and no other', async () => {
  const { credentials } = await register();
  const [here, elsewhere] = [await login(credentials), await login(credentials)];
  const next = await login(credentials, here);
  assert.deepEqual(await areValid([here, elsewhere, next]), [false, true, true]);
});

test('a login as another user ends the session of its cookie, and none of its owner in other browsers', async () => {
  const [first, second] = [await register(), await register()];
  const [here, elsewhere, others] = [
    await login(first.credentials),
    await login(first.credentials),
    await login(second.credentials),
  ];
  const next = await login(second.credentials, here);
  assert.deepEqual(await areValid([here, elsewhere, others, next]), [false, true, true, true]);
});

test('a login that is refused or invalid ends no session', async () => {
  const { credentials } = await register();
  const cookie = await login(credentials);
  const wrong = await send({ ...credentials, password: 'wrong horse' }, cookie);
  assert.equal((await assertDocumented('login', wrong)).type, '/problems/wrong-credentials');
  assert.equal((await send({ username: 1 }, cookie)).status, 400);
  assert.equal(wrong.headers.get('set-cookie'), null);
  assert.equal(await isValid(cookie), true);
});

test('a login whose password has changed since it was checked ends no session', async () => {
  const { credentials, id: userId } = await register();
  const { store } = auth.options;
  const open = (passwordVersion: number, replacedHash?: string) => {
    const tokenHash = randomUUID();
    const session = { id: randomUUID(), tokenHash, userId, passwordVersion, ttlS: 60, replacedHash };
    return store.openSession(session).then((isOpen) => (isOpen ? tokenHash : undefined));
  };
  const { passwordVersion } = (await store.findCredential(credentials.username))!;
  const hashes = [];
  for (let n = 0; n < PER_USER; n++) hashes.push(await open(passwordVersion));
  assert.equal(await open(passwordVersion + 1, hashes[1]), undefined);
  for (const hash of hashes) assert.equal(await store.sessionOwner(hash!), userId);
});

test('a token request ends no session', async () => {
  const { credentials } = await register();
  const cookie = await login(credentials);
  const headers = { ...json({}).headers, cookie };
  assert.equal((await post(`${auth.url}/auth/token`, { ...json(credentials), headers })).status, 200);
  assert.equal(await isValid(cookie), true);
});

test("the login beyond the limit ends the user's oldest session", async () => {
  const [{ credentials }, stranger] = [await register(), await auth.login()];
  const cookies = [];
  for (let n = 0; n < PER_USER + 2; n++) cookies.push(await login(credentials));
  assert.deepEqual(await areValid(cookies), [false, false, true, true, true]);
  // Logging in again in the same browser replaces a session, so no other one ends.
  const next = await login(credentials, cookies[3]);
  assert.deepEqual(await areValid([...cookies.slice(2), next]), [true, false, true, true]);
  assert.equal(await isValid(stranger.cookie), true);
});

test('sessions that are over do not count, and end first', async () => {
  const { credentials, id } = await register();
  const first = await login(credentials);
  await login(credentials);
  await rows.query(
    `update sessions set last_used_at = now() - interval '8 days'
     where id = (select id from sessions where user_id = $1 order by created_at desc limit 1)`,
    [id],
  );
  const later = [await login(credentials), await login(credentials)];
  assert.deepEqual(await areValid([first, ...later]), [true, true, true]);
});

test('of 60 logins at once, on two replicas, at most 20 sessions remain', async () => {
  const { credentials, id } = await many.register();
  const urls = [many.url, (await many.replica()).url];
  const responses = await Promise.all(
    Array.from({ length: 60 }, (_, n) => post(`${urls[n % 2]!}/auth/login`, json(credentials))),
  );
  assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]));
  const { rows: left } = await many.rows.query('select id from sessions where user_id = $1', [id]);
  assert.ok(left.length > 0 && left.length <= SESSION_RULES.perUserMax, `${left.length} sessions`);
});

test('logins, ends of all sessions and password changes at once leave at most 20 sessions, and no request fails', async () => {
  const { credentials, id } = await many.register();
  const { store } = many.options;
  await Promise.all([
    ...Array.from({ length: 40 }, () => post(`${many.url}/auth/login`, json(credentials))),
    ...Array.from({ length: 10 }, () => store.endSessionsOf(id)),
    ...Array.from({ length: 5 }, async () => {
      const known = (await store.findCredential(credentials.username))!;
      await store.changePassword(known, known.passwordHash, undefined);
    }),
  ]);
  const { rows: left } = await many.rows.query('select id from sessions where user_id = $1', [id]);
  assert.ok(left.length <= SESSION_RULES.perUserMax, `${left.length} sessions`);
});

test('two users who log in with the cookies of each other do not block each other', async () => {
  const [first, second] = [await register(), await register()];
  for (let n = 0; n < 10; n++) {
    const [one, two] = [await login(first.credentials), await login(second.credentials)];
    const both = await Promise.all([send(first.credentials, two), send(second.credentials, one)]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 200],
    );
    assert.deepEqual(await areValid([one, two]), [false, false]);
  }
});

test('a password change keeps the session that it came with, however many there are', async () => {
  const { credentials } = await register();
  const cookies = [];
  for (let n = 0; n < PER_USER; n++) cookies.push(await login(credentials));
  const token = (await (await post(`${auth.url}/auth/token`, json(credentials))).json()) as Record<string, string>;
  const headers = { ...json({}).headers, cookie: cookies[1]!, authorization: `Bearer ${token['access_token']}` };
  const change = json({ current: PASSWORD, next: 'a better horse' });
  assert.equal((await fetch(`${auth.url}/auth/password`, { method: 'PUT', ...change, headers })).status, 204);
  assert.deepEqual(await areValid(cookies), [false, true, false]);
});
