/** Users change their password, through the gateway, with a real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { createLocalTokenVerifier } from '../../../lib/http/tokens.ts';
import { blocked, heldLogin } from '../../support/postgres/sessions.ts';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { NEW_PASSWORD, startAccounts } from '../../support/shop/account.ts';
import { LIMITS, PASSWORD } from '../../support/shop/auth.ts';

const accounts = await startAccounts();
const { auth, ask, login, register, loginAgain, isValid, bearer, change } = accounts;
after(() => accounts.close());

test("a password change replaces the old password and ends the user's other sessions", async () => {
  const { cookie, credentials } = await login();
  const other = await loginAgain(credentials);
  const stranger = await login();
  const { status, headers } = await change({ headers: { cookie }, body: { current: PASSWORD, next: NEW_PASSWORD } });
  assert.deepEqual([status, headers.get('set-cookie')], [204, null]);
  assert.deepEqual([await isValid(cookie), await isValid(other), await isValid(stranger.cookie)], [true, false, true]);
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '403 wrong-credentials');
  assert.equal(
    outcomeOf(await ask('login', 'POST', '/auth/login', { body: { ...credentials, password: NEW_PASSWORD } })),
    '200',
  );
});

test('a password change with a token ends all sessions of the user', async () => {
  const { cookie, credentials, id } = await login();
  const headers = await bearer(credentials);
  assert.equal(outcomeOf(await change({ headers, body: { current: PASSWORD, next: NEW_PASSWORD } })), '204');
  assert.equal(await isValid(cookie), false);
  // The token itself stays valid until it expires.
  const verify = createLocalTokenVerifier(auth.options.keys.published);
  assert.deepEqual(await verify(headers.authorization.replace('Bearer ', '')), { kind: 'user', id });
});

const refusedChanges: [why: string, outcome: string, body: unknown][] = [
  ['a wrong current password', '403 wrong-credentials', { current: 'wrong horse', next: NEW_PASSWORD }],
  ['a new password that is too short', '400 bad-request', { current: PASSWORD, next: '1234567' }],
  ['a new password that is too long', '400 bad-request', { current: PASSWORD, next: 'x'.repeat(129) }],
  ['no new password', '400 bad-request', { current: PASSWORD }],
  ['an additional user name', '400 bad-request', { username: 'x', current: PASSWORD, next: NEW_PASSWORD }],
  ['invalid JSON', '400 bad-request', '{'],
  ['an oversized body', '413 payload-too-large', { current: PASSWORD, next: 'x'.repeat(17_000) }],
];
for (const [why, outcome, body] of refusedChanges) {
  test(`a change with ${why} is refused and keeps the password and the sessions`, async () => {
    const { cookie, credentials } = await login();
    const other = await loginAgain(credentials);
    assert.equal(outcomeOf(await change({ headers: { cookie }, body })), outcome);
    assert.deepEqual(
      [await isValid(cookie), await isValid(await loginAgain(credentials)), await isValid(other)],
      [true, true, true],
    );
  });
}

test('a password change is refused as a form or from another site', async () => {
  const { cookie } = await login();
  const body = { current: PASSWORD, next: NEW_PASSWORD };
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

test('of two concurrent changes one succeeds and the other has no effect', async () => {
  const { cookie, credentials } = await login();
  const other = await loginAgain(credentials);
  const both = await Promise.all([
    change({ headers: { cookie }, body: { current: PASSWORD, next: `${NEW_PASSWORD} 1` } }),
    change({ headers: { cookie: other }, body: { current: PASSWORD, next: `${NEW_PASSWORD} 2` } }),
  ]);
  const outcomes = both.map(outcomeOf);
  assert.deepEqual(outcomes.toSorted().at(0), '204');
  // The second fails because its session ended or because the password is no longer current.
  assert.match(outcomes.toSorted().at(1)!, /^40[13] /);
  const first = outcomes.indexOf('204');
  assert.deepEqual([await isValid(cookie), await isValid(other)], [first === 0, first === 1]);
  assert.equal(
    outcomeOf(
      await ask('login', 'POST', '/auth/login', { body: { ...credentials, password: `${NEW_PASSWORD} ${first + 1}` } }),
    ),
    '200',
  );
});

test('a change based on an outdated password version ends no session', async () => {
  const { cookie, credentials } = await login();
  const { store } = auth.options;
  const known = (await store.findCredential(credentials.username))!;
  assert.equal(
    outcomeOf(await change({ headers: { cookie }, body: { current: PASSWORD, next: NEW_PASSWORD } })),
    '204',
  );
  assert.equal(await store.changePassword(known, 'another hash', undefined), false);
  assert.equal(await isValid(cookie), true);
});

for (const commit of [true, false]) {
  test(`a login that ${commit ? 'commits' : 'rolls back'} during a password change leaves no session`, async () => {
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

test('wrong current passwords in changes count for the changes of that user only, and concurrent ones too', async () => {
  const [{ cookie, credentials }, another] = [await login(), await login()];
  const changeWith = (session: string, current: string) =>
    change({ headers: { cookie: session }, body: { current, next: NEW_PASSWORD } });
  const wrong = await Promise.all(Array.from({ length: 30 }, () => changeWith(cookie, 'wrong horse')));
  const outcomes = wrong.map(outcomeOf).toSorted();
  assert.deepEqual(outcomes, [
    ...Array<string>(LIMITS.loginFailuresPerAccount).fill('403 wrong-credentials'),
    ...Array<string>(30 - LIMITS.loginFailuresPerAccount).fill('429 too-many-requests'),
  ]);
  const refused = await changeWith(cookie, PASSWORD);
  assert.equal(outcomeOf(refused), '429 too-many-requests');
  assert.match(refused.body.detail, /^Too many wrong passwords/);
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '200');
  assert.equal(outcomeOf(await changeWith(another.cookie, PASSWORD)), '204');
});

test('correct current passwords do not count', async () => {
  const { cookie } = await login();
  for (let n = 0; n <= LIMITS.loginFailuresPerAccount; n++) {
    const passwords = [PASSWORD, NEW_PASSWORD];
    const [current, next] = n % 2 ? passwords.toReversed() : passwords;
    assert.equal(outcomeOf(await change({ headers: { cookie }, body: { current, next } })), '204');
  }
});
