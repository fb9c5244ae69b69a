/** How users see and end their own sessions, through the gateway, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { cleared, NEXT, startAccounts } from './support/account.ts';
import { outcomeOf } from './support/asking.ts';
import { PASSWORD } from './support/auth.ts';

const accounts = await startAccounts();
const { auth, ask, login, register, again, knows, bearer, change, list, end, endAll } = accounts;
after(() => accounts.close());

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

test('a session that has ended is not listed', async () => {
  const { cookie, credentials, id } = await login();
  await again(credentials);
  await auth.rows.query(
    `update sessions set expires_at = now() where user_id = $1 and id = (select max(id::text)::uuid from sessions where user_id = $1)`,
    [id],
  );
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
  await auth.rows.query(
    `insert into sessions (id, token_hash, user_id, expires_at) values ('00000000-0000-7000-8000-000000000000', 'expired', $1, now())`,
    [id],
  );
  const answers = [];
  for (const each of [theirs.id, '00000000-0000-7000-8000-000000000000', crypto.randomUUID(), 'nonsense', '%27'])
    answers.push(await end({ cookie }, each));
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
    assert.equal(
      outcomeOf(await change({ headers: { ...each, 'content-type': 'text/plain' }, body: large })),
      '401 unauthenticated',
    );
    assert.equal(outcomeOf(await list(each, '?limit=0')), '401 unauthenticated');
    assert.equal(outcomeOf(await endAll(each)), '401 unauthenticated');
    assert.equal(outcomeOf(await end(each, 'nonsense')), '401 unauthenticated');
  }
});

test('a request to end sessions has no body, and one that is too large is refused', async () => {
  const { cookie } = await login();
  const large = { headers: { cookie }, body: 'x'.repeat(17_000) };
  assert.equal(outcomeOf(await ask('endSessions', 'DELETE', '/auth/sessions', large)), '413 payload-too-large');
  assert.equal(
    outcomeOf(await ask('endSession', 'DELETE', `/auth/sessions/${crypto.randomUUID()}`, large)),
    '413 payload-too-large',
  );
  assert.equal(await knows(cookie), true);
});
