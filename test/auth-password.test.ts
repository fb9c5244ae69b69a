/** How users change their password, through the gateway, with a real Postgres: what it needs, and what it ends. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { createLocalTokenVerifier } from '../lib/tokens.ts';
import { NEXT, startAccounts } from './support/account.ts';
import { outcomeOf } from './support/asking.ts';
import { LIMITS, PASSWORD } from './support/auth.ts';
import { blocked, heldLogin } from './support/sessions.ts';

const accounts = await startAccounts();
const { auth, ask, login, register, again, knows, bearer, change } = accounts;
after(() => accounts.close());

test('a changed password is the one that counts, and every other session of its user has ended', async () => {
  const { cookie, credentials } = await login();
  const other = await again(credentials);
  const stranger = await login();
  const { status, headers } = await change({ headers: { cookie }, body: { current: PASSWORD, next: NEXT } });
  assert.deepEqual([status, headers.get('set-cookie')], [204, null]);
  assert.deepEqual([await knows(cookie), await knows(other), await knows(stranger.cookie)], [true, false, true]);
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '403 wrong-credentials');
  assert.equal(
    outcomeOf(await ask('login', 'POST', '/auth/login', { body: { ...credentials, password: NEXT } })),
    '200',
  );
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
    assert.deepEqual(
      [await knows(cookie), await knows(await again(credentials)), await knows(other)],
      [true, true, true],
    );
  });
}

test('a form is not taken for a change of the password, nor is anything from another site', async () => {
  const { cookie } = await login();
  const body = { current: PASSWORD, next: NEXT };
  const typed = {
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(body).toString(),
  };
  assert.equal(outcomeOf(await change(typed)), '415 unsupported-media-type');
  assert.equal(
    outcomeOf(await change({ headers: { cookie, origin: 'https://evil.example' }, body })),
    '403 cross-site',
  );
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
  assert.equal(
    outcomeOf(
      await ask('login', 'POST', '/auth/login', { body: { ...credentials, password: `${NEXT} ${first + 1}` } }),
    ),
    '200',
  );
});

test('a change that comes too late ends no session', async () => {
  const { cookie, credentials } = await login();
  const { store } = auth.options;
  const known = (await store.findCredential(credentials.username))!;
  assert.equal(outcomeOf(await change({ headers: { cookie }, body: { current: PASSWORD, next: NEXT } })), '204');
  assert.equal(await store.changePassword(known, 'another hash', undefined), false);
  assert.equal(await knows(cookie), true);
});

for (const commit of [true, false]) {
  test(`a login with the old password that is under way while it is changed leaves no session, be it first and ${commit ? 'committed' : 'undone'}`, async () => {
    const { credentials, id } = await register();
    const { store } = auth.options;
    const known = (await store.findCredential(credentials.username))!;
    const session = (tokenHash: string) => ({
      id: randomUUID(),
      tokenHash,
      userId: id,
      passwordVersion: known.passwordVersion,
      ttlS: 60,
    });
    const held = await heldLogin(auth.databaseUrl, async (early) =>
      assert.equal(await early.openSession(session(randomUUID())), true),
    );

    const changing = store.changePassword(known, 'another hash', undefined);
    await blocked(auth.rows);
    await held.end(commit);
    assert.equal(await changing, true);
    assert.equal(await store.openSession(session(randomUUID())), false);
    assert.equal((await auth.rows.query('select 1 from sessions where user_id = $1', [id])).rowCount, 0);
  });
}

test('a guess at the current password is a login that fails, wherever it is made', async () => {
  const { cookie, credentials } = await login();
  for (let n = 0; n < LIMITS.loginFailuresPerAccount; n++)
    await change({ headers: { cookie }, body: { current: 'wrong horse', next: NEXT } });
  const { headers, ...answer } = await change({ headers: { cookie }, body: { current: PASSWORD, next: NEXT } });
  assert.equal(outcomeOf({ headers, ...answer }), '429 too-many-requests');
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '429 too-many-requests');
});
