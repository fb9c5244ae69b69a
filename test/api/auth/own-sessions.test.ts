/** Users list and end their own sessions, through the gateway, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { clearsCookie, NEW_PASSWORD, startAccounts } from '../../support/shop/account.ts';
import { PASSWORD } from '../../support/shop/auth.ts';

const accounts = await startAccounts();
const { auth, ask, login, register, loginAgain, isValid, bearer, change, list, end, endAll } = accounts;
after(() => accounts.close());

test("another user's cookie is not treated as a session of the token's user", async () => {
  const [mine, other] = [await login(), await login()];
  const headers = { ...(await bearer(mine.credentials)), cookie: other.cookie };
  assert.deepEqual(
    (await list(headers)).body.map(({ current }: any) => current),
    [false],
  );
  await change({ headers, body: { current: PASSWORD, next: NEW_PASSWORD } });
  assert.deepEqual([await isValid(mine.cookie), await isValid(other.cookie)], [false, true]);
  assert.equal(clearsCookie((await endAll(headers)).headers), false);
  assert.equal(await isValid(other.cookie), true);
});

test('a user lists their sessions, newest first, in pages, without the cookie values', async () => {
  const { cookie, credentials } = await login();
  const cookies = [cookie];
  for (let n = 0; n < 2; n++) cookies.push(await loginAgain(credentials));
  await login();

  const { body, headers } = await list({ cookie });
  assert.deepEqual(
    body.map(({ current }: any) => current),
    [false, false, true],
  );
  assert.equal(headers.get('cache-control'), 'no-store');
  for (const session of body)
    assert.ok(Math.abs(Date.parse(session.expiresAt) - Date.parse(session.createdAt) - 3_600_000) < 5);
  assert.ok(cookies.every((each) => !JSON.stringify(body).includes(each.replace('session_id=', ''))));

  const first = await list({ cookie }, '?limit=2');
  assert.deepEqual(first.body, body.slice(0, 2));
  const [, next] = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link')!)!;
  const second = await list({ cookie }, next!.replace('/auth/sessions', ''));
  assert.deepEqual([second.body, second.headers.get('link')], [body.slice(2), null]);
  assert.equal((await list({ cookie }, '?limit=3')).headers.get('link'), null);
  for (const query of ['?limit=0', '?limit=101', '?before=1'])
    assert.equal(outcomeOf(await list({ cookie }, query)), '400 bad-request');
});

test('an expired session is not listed', async () => {
  const { cookie, credentials, id } = await login();
  await loginAgain(credentials);
  await auth.rows.query(
    `update sessions set expires_at = now() where user_id = $1 and id = (select max(id::text)::uuid from sessions where user_id = $1)`,
    [id],
  );
  assert.deepEqual(
    (await list({ cookie })).body.map(({ current }: any) => current),
    [true],
  );
});

test('a user can end another session or the current one, with immediate effect', async () => {
  const { cookie, credentials } = await login();
  const other = await loginAgain(credentials);
  const [others, own] = (await list({ cookie })).body;
  const first = await end({ cookie }, others.id);
  assert.deepEqual([first.status, first.headers.get('set-cookie')], [204, null]);
  assert.deepEqual([await isValid(cookie), await isValid(other)], [true, false]);
  assert.equal(outcomeOf(await end({ cookie }, others.id)), '404 no-such-session');

  const last = await end({ cookie }, own.id.toUpperCase());
  assert.deepEqual([last.status, clearsCookie(last.headers), await isValid(cookie)], [204, true, false]);
});

test("another user's session, an expired one and an unknown one get the same answer", async () => {
  const { cookie, id } = await login();
  const other = await login();
  const [theirs] = (await list({ cookie: other.cookie })).body;
  await loginAgain((await register()).credentials);
  await auth.rows.query(
    `insert into sessions (id, token_hash, user_id, expires_at) values ('00000000-0000-7000-8000-000000000000', 'expired', $1, now())`,
    [id],
  );
  const answers = [];
  for (const each of [theirs.id, '00000000-0000-7000-8000-000000000000', crypto.randomUUID(), 'nonsense', '%27'])
    answers.push(await end({ cookie }, each));
  const problems = answers.map(({ body }) => ({ ...body, instance: '', correlationId: '' }));
  assert.deepEqual(problems, Array(5).fill(problems[0]));
  assert.equal(outcomeOf(answers[0]!), '404 no-such-session');
  assert.equal(await isValid(other.cookie), true);
});

test('a user can end all their sessions on all devices; other users keep theirs', async () => {
  const { cookie, credentials } = await login();
  const [other, stranger] = [await loginAgain(credentials), await login()];
  const { status, headers } = await endAll({ cookie });
  assert.deepEqual([status, clearsCookie(headers)], [204, true]);
  assert.deepEqual([await isValid(cookie), await isValid(other), await isValid(stranger.cookie)], [false, false, true]);
  // The cookie no longer authenticates. A token still does, but there is no session left to end.
  assert.equal(outcomeOf(await endAll({ cookie })), '401 unauthenticated');
  const repeat = await endAll(await bearer(credentials));
  assert.deepEqual([repeat.status, repeat.headers.get('set-cookie')], [204, null]);
});

test('an unauthenticated request gets 401, even if it is also invalid', async () => {
  const headers = { cookie: `session_id=${'A'.repeat(43)}` };
  const large = JSON.stringify('x'.repeat(17_000));
  for (const each of [{}, headers, { authorization: 'Bearer a.b.c' }] as Record<string, string>[]) {
    assert.equal(
      outcomeOf(await change({ headers: { ...each, 'content-type': 'text/plain' }, body: large })),
      '401 unauthenticated',
    );
    assert.equal(outcomeOf(await list(each, '?limit=0')), '401 unauthenticated');
    assert.equal(outcomeOf(await endAll(each)), '401 unauthenticated');
    assert.equal(outcomeOf(await end(each, 'nonsense')), '401 unauthenticated');
  }
});

test('a request to end sessions with an oversized body is refused', async () => {
  const { cookie } = await login();
  const large = { headers: { cookie }, body: 'x'.repeat(17_000) };
  assert.equal(outcomeOf(await ask('endSessions', 'DELETE', '/auth/sessions', large)), '413 payload-too-large');
  assert.equal(
    outcomeOf(await ask('endSession', 'DELETE', `/auth/sessions/${crypto.randomUUID()}`, large)),
    '413 payload-too-large',
  );
  assert.equal(await isValid(cookie), true);
});
