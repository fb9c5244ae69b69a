/** What users do to their own password and their own sessions, through the gateway, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { createLocalTokenVerifier } from '../lib/tokens.ts';
import { createAsk, outcomeOf, type Sent } from './support/asking.ts';
import { LIMITS, PASSWORD, quickPasswords, startAuth, users } from './support/auth.ts';
import { startGateway } from './support/gateway.ts';
import { cookieOf, json, post } from './support/requests.ts';
import { blocked } from './support/sessions.ts';

const NEXT = 'a better horse';
const auth = await startAuth({ passwords: quickPasswords });
const gateway = await startGateway({ auth: auth.url });
const { login, register } = users(gateway.url);
const ask = createAsk(gateway.url);
const again = async (credentials: object) => cookieOf(await post(`${gateway.url}/auth/login`, json(credentials)));
const knows = async (cookie: string) => (await fetch(`${gateway.url}/auth`, { headers: { cookie } })).status === 200;
const bearer = async (credentials: object) => ({
  authorization: `Bearer ${(await ask('token', 'POST', '/auth/token', { body: credentials })).body.access_token as string}`,
});
const change = (sent: Sent) => ask('changePassword', 'PUT', '/auth/password', sent);
const list = (headers: Record<string, string>, query = '') => ask('listSessions', 'GET', `/auth/sessions${query}`, { headers });
const end = (headers: Record<string, string>, id: string) => ask('endSession', 'DELETE', `/auth/sessions/${id}`, { headers });
const endAll = (headers: Record<string, string>) => ask('endSessions', 'DELETE', '/auth/sessions', { headers });
const cleared = (headers: Headers) => /^session_id=; .*Max-Age=0/.test(headers.get('set-cookie') ?? '');

after(async () => {
  await gateway.close();
  await auth.close();
});

test('a changed password is the one that counts, and every other session of its user has ended', async () => {
  const { cookie, credentials } = await login();
  const other = await again(credentials);
  const stranger = await login();
  const { status, headers } = await change({ headers: { cookie }, body: { current: PASSWORD, next: NEXT } });
  assert.deepEqual([status, headers.get('set-cookie')], [204, null]);
  assert.deepEqual([await knows(cookie), await knows(other), await knows(stranger.cookie)], [true, false, true]);
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '403 wrong-credentials');
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: { ...credentials, password: NEXT } })), '200');
});

test('with a token a password is changed too, and all sessions end: none of them is the one that asks', async () => {
  const { cookie, credentials, id } = await login();
  const headers = await bearer(credentials);
  assert.equal(outcomeOf(await change({ headers, body: { current: PASSWORD, next: NEXT } })), '204');
  assert.equal(await knows(cookie), false);
  // The token itself lives out its minutes.
  const verify = createLocalTokenVerifier(auth.options.keys.published);
  assert.deepEqual(await verify(headers.authorization.replace('Bearer ', '')), { kind: 'user', id });
});

test('the cookie of somebody else is no session of one’s own', async () => {
  const [mine, other] = [await login(), await login()];
  const headers = { ...(await bearer(mine.credentials)), cookie: other.cookie };
  assert.deepEqual(
    (await list(headers)).body.map(({ current }: any) => current),
    [false],
  );
  await change({ headers, body: { current: PASSWORD, next: NEXT } });
  assert.deepEqual([await knows(mine.cookie), await knows(other.cookie)], [false, true]);
  assert.equal(cleared((await endAll(headers)).headers), false);
  assert.equal(await knows(other.cookie), true);
});

const refusedChanges: [why: string, outcome: string, body: unknown][] = [
  ['a wrong current password', '403 wrong-credentials', { current: 'wrong horse', next: NEXT }],
  ['a next one that is too short', '400 bad-request', { current: PASSWORD, next: '1234567' }],
  ['a next one that is too long', '400 bad-request', { current: PASSWORD, next: 'x'.repeat(129) }],
  ['no next one', '400 bad-request', { current: PASSWORD }],
  ['a name', '400 bad-request', { username: 'x', current: PASSWORD, next: NEXT }],
  ['what is not JSON', '400 bad-request', '{'],
  ['too large a body', '413 payload-too-large', { current: PASSWORD, next: 'x'.repeat(17_000) }],
];
for (const [why, outcome, body] of refusedChanges) {
  test(`with ${why} the password stays, and so do the sessions`, async () => {
    const { cookie, credentials } = await login();
    const other = await again(credentials);
    assert.equal(outcomeOf(await change({ headers: { cookie }, body })), outcome);
    assert.deepEqual([await knows(cookie), await knows(await again(credentials)), await knows(other)], [true, true, true]);
  });
}

test('a form is not taken for a change of the password, nor is anything from another site', async () => {
  const { cookie } = await login();
  const body = { current: PASSWORD, next: NEXT };
  const typed = { headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(body).toString() };
  assert.equal(outcomeOf(await change(typed)), '415 unsupported-media-type');
  assert.equal(outcomeOf(await change({ headers: { cookie, origin: 'https://evil.example' }, body })), '403 cross-site');
});

test('of two changes at once one counts, and the other has changed nothing', async () => {
  const { cookie, credentials } = await login();
  const other = await again(credentials);
  const both = await Promise.all([
    change({ headers: { cookie }, body: { current: PASSWORD, next: `${NEXT} 1` } }),
    change({ headers: { cookie: other }, body: { current: PASSWORD, next: `${NEXT} 2` } }),
  ]);
  const outcomes = both.map(outcomeOf);
  assert.deepEqual(outcomes.toSorted().at(0), '204');
  // Whoever is second is told either that the session has ended or that the password is another one.
  assert.match(outcomes.toSorted().at(1)!, /^40[13] /);
  const first = outcomes.indexOf('204');
  assert.deepEqual([await knows(cookie), await knows(other)], [first === 0, first === 1]);
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: { ...credentials, password: `${NEXT} ${first + 1}` } })), '200');
});

test('a login with the old password that is under way while it is changed leaves no session', async () => {
  const { credentials, id } = await register();
  const { store, passwords } = auth.options;
  const known = (await store.findCredential(credentials.username))!;
  const open = (tokenHash: string) => store.openSession({ id: crypto.randomUUID(), tokenHash, userId: id, passwordVersion: known.passwordVersion, ttlS: 60 });

  // The login is first, and not committed: the change waits for it, and then ends its session.
  const { host, port, database } = auth.rows;
  const session = new Client({ host, port, database, user: 'postgres' });
  await session.connect();
  await session.query('begin');
  await session.query('select 1 from credentials where id = $1 for share', [id]);
  await session.query(`insert into sessions (id, token_hash, user_id, expires_at) values ($1, 'early', $2, now() + interval '1 minute')`, [
    crypto.randomUUID(),
    id,
  ]);
  const changing = store.changePassword(known, await passwords.hash(NEXT), undefined);
  await blocked(auth.rows);
  await session.query('commit');
  await session.end();
  assert.equal(await changing, true);
  assert.equal((await auth.rows.query('select 1 from sessions where user_id = $1', [id])).rowCount, 0);

  // The change is first: the login is too late.
  assert.equal(await open('late'), false);
});

test('one’s own sessions are listed, newest first, page by page, without what is in their cookies', async () => {
  const { cookie, credentials } = await login();
  const cookies = [cookie];
  for (let n = 0; n < 2; n++) cookies.push(await again(credentials));
  await login();

  const { body, headers } = await list({ cookie });
  assert.deepEqual(
    body.map(({ current }: any) => current),
    [false, false, true],
  );
  assert.equal(headers.get('cache-control'), 'no-store');
  for (const session of body) assert.ok(Math.abs(Date.parse(session.expiresAt) - Date.parse(session.createdAt) - 3_600_000) < 5);
  assert.ok(cookies.every((each) => !JSON.stringify(body).includes(each.replace('session_id=', ''))));

  const first = await list({ cookie }, '?limit=2');
  assert.deepEqual(first.body, body.slice(0, 2));
  const [, next] = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link')!)!;
  const second = await list({ cookie }, next!.replace('/auth/sessions', ''));
  assert.deepEqual([second.body, second.headers.get('link')], [body.slice(2), null]);
  for (const query of ['?limit=0', '?limit=101', '?before=1']) assert.equal(outcomeOf(await list({ cookie }, query)), '400 bad-request');
});

test('a session that has ended is not listed', async () => {
  const { cookie, credentials, id } = await login();
  await again(credentials);
  await auth.rows.query(`update sessions set expires_at = now() where user_id = $1 and id = (select max(id::text)::uuid from sessions where user_id = $1)`, [
    id,
  ]);
  assert.deepEqual(
    (await list({ cookie })).body.map(({ current }: any) => current),
    [true],
  );
});

test('one session is ended at once, be it another one or the one that asks', async () => {
  const { cookie, credentials } = await login();
  const other = await again(credentials);
  const [others, own] = (await list({ cookie })).body;
  const first = await end({ cookie }, others.id);
  assert.deepEqual([first.status, first.headers.get('set-cookie')], [204, null]);
  assert.deepEqual([await knows(cookie), await knows(other)], [true, false]);
  assert.equal(outcomeOf(await end({ cookie }, others.id)), '404 no-such-session');

  const last = await end({ cookie }, own.id.toUpperCase());
  assert.deepEqual([last.status, cleared(last.headers), await knows(cookie)], [204, true, false]);
});

test('another user’s session, one that has expired and one that never was answer alike', async () => {
  const { cookie, id } = await login();
  const other = await login();
  const [theirs] = (await list({ cookie: other.cookie })).body;
  await again((await register()).credentials);
  await auth.rows.query(`insert into sessions (id, token_hash, user_id, expires_at) values ('00000000-0000-7000-8000-000000000000', 'expired', $1, now())`, [
    id,
  ]);
  const answers = [];
  for (const each of [theirs.id, '00000000-0000-7000-8000-000000000000', crypto.randomUUID(), 'nonsense', '%27']) answers.push(await end({ cookie }, each));
  const told = answers.map(({ body }) => ({ ...body, instance: '', correlationId: '' }));
  assert.deepEqual(told, Array(5).fill(told[0]));
  assert.equal(outcomeOf(answers[0]!), '404 no-such-session');
  assert.equal(await knows(other.cookie), true);
});

test('all sessions are ended at once, on every device, and nobody else’s', async () => {
  const { cookie, credentials } = await login();
  const [other, stranger] = [await again(credentials), await login()];
  const { status, headers } = await endAll({ cookie });
  assert.deepEqual([status, cleared(headers)], [204, true]);
  assert.deepEqual([await knows(cookie), await knows(other), await knows(stranger.cookie)], [false, false, true]);
  // Nobody is left to ask again; with a token there is nothing left to end.
  assert.equal(outcomeOf(await endAll({ cookie })), '401 unauthenticated');
  const again204 = await endAll(await bearer(credentials));
  assert.deepEqual([again204.status, again204.headers.get('set-cookie')], [204, null]);
});

test('whoever is nobody is told so first', async () => {
  const headers = { cookie: `session_id=${'A'.repeat(43)}` };
  const large = JSON.stringify('x'.repeat(17_000));
  for (const each of [{}, headers, { authorization: 'Bearer a.b.c' }] as Record<string, string>[]) {
    assert.equal(outcomeOf(await change({ headers: { ...each, 'content-type': 'text/plain' }, body: large })), '401 unauthenticated');
    assert.equal(outcomeOf(await list(each, '?limit=0')), '401 unauthenticated');
    assert.equal(outcomeOf(await endAll(each)), '401 unauthenticated');
    assert.equal(outcomeOf(await end(each, 'nonsense')), '401 unauthenticated');
  }
});

test('a request to end sessions has no body, and one that is too large is refused', async () => {
  const { cookie } = await login();
  const large = { headers: { cookie }, body: 'x'.repeat(17_000) };
  assert.equal(outcomeOf(await ask('endSessions', 'DELETE', '/auth/sessions', large)), '413 payload-too-large');
  assert.equal(outcomeOf(await ask('endSession', 'DELETE', `/auth/sessions/${crypto.randomUUID()}`, large)), '413 payload-too-large');
  assert.equal(await knows(cookie), true);
});

test('a guess at the current password is a login that fails, wherever it is made', async () => {
  const { cookie, credentials } = await login();
  for (let n = 0; n < LIMITS.loginFailuresPerAccount; n++) await change({ headers: { cookie }, body: { current: 'wrong horse', next: NEXT } });
  const { headers, ...answer } = await change({ headers: { cookie }, body: { current: PASSWORD, next: NEXT } });
  assert.equal(outcomeOf({ headers, ...answer }), '429 too-many-requests');
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '429 too-many-requests');
});
