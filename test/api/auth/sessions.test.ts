/** Sessions over HTTP, with a real Postgres: their tokens, their end, and what is stored and logged. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { authApi } from '../../../api/auth/app.ts';
import { createLocalTokenVerifier } from '../../../lib/http/tokens.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { cookieOf, form, json, post } from '../../support/requests/requests.ts';
import { PASSWORD, startAuth, users } from '../../support/shop/auth.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const auth = await startAuth();
const { rows } = auth;
const at = (path: string) => auth.url + path;
const isValid = async (headers: Record<string, string>) => (await fetch(at('/auth'), { headers })).status === 200;
after(() => auth.close());

test('a session is exchanged for a token that is valid for five minutes', async () => {
  const { cookie, id } = await auth.login();
  const response = await fetch(at('/auth'), { headers: { cookie } });
  await assertDocumented('forwardAuth', response);
  const token = response.headers.get('authorization')!.replace('Bearer ', '');
  const caller = await createLocalTokenVerifier(auth.options.keys.published)(token);
  assert.deepEqual([response.headers.get('x-user-id'), caller], [id, { kind: 'user', id }]);
  const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
  assert.equal(exp - iat, 300);
});

test('a token is passed through unchanged, so forward-auth cannot extend its validity', async () => {
  const { credentials, id } = await auth.register();
  const { access_token: token } = (await (await post(at('/auth/token'), json(credentials))).json()) as {
    access_token: string;
  };
  const response = await fetch(at('/auth'), { headers: { authorization: `Bearer ${token}` } });
  await assertDocumented('forwardAuth', response);
  assert.deepEqual([response.headers.get('x-user-id'), response.headers.get('authorization')], [id, `Bearer ${token}`]);
});

const unauthenticated = [
  {},
  { cookie: 'session_id=' },
  { cookie: `session_id=${'A'.repeat(43)}` },
  { cookie: "session_id=' or true --" },
  { authorization: 'Bearer x.y.z' },
  { authorization: 'Basic YTpi' },
  { 'x-user-id': 'me' },
];
for (const headers of unauthenticated as Record<string, string>[]) {
  test(`the headers ${JSON.stringify(headers)} identify no user`, async () => {
    const response = await fetch(at('/auth'), { headers });
    assert.equal((await assertDocumented('forwardAuth', response)).type, '/problems/unauthenticated');
    assert.deepEqual([response.headers.get('x-user-id'), response.headers.get('authorization')], [null, null]);
  });
}

for (const [method, operationId] of [
  ['GET', 'logoutByLink'],
  ['POST', 'logout'],
] as const) {
  test(`a logout by ${method} ends the session immediately and keeps the user's other sessions`, async () => {
    const { cookie, credentials } = await auth.login();
    const other = cookieOf(await post(at('/auth/login'), json(credentials)));
    const response = await fetch(at('/auth/logout'), { method, headers: { cookie } });
    await assertDocumented(operationId, response);
    assert.match(response.headers.get('set-cookie')!, /^session_id=; .*Max-Age=0/);
    assert.deepEqual([await isValid({ cookie }), await isValid({ cookie: other })], [false, true]);
    await assertDocumented(operationId, await fetch(at('/auth/logout'), { method, headers: { cookie } }));
  });
}

test('a session expires, and a later login deletes its row', async () => {
  const { cookie, id } = await auth.login();
  await rows.query(`update sessions set expires_at = now() where user_id = $1`, [id]);
  assert.equal(await isValid({ cookie }), false);
  await auth.login();
  assert.equal((await rows.query('select 1 from sessions where user_id = $1', [id])).rowCount, 0);
});

test('the database contains neither passwords nor cookie values', async () => {
  const { cookie, id } = await auth.login();
  const token = cookie.replace('session_id=', '');
  const { rows: sessions } = await rows.query('select token_hash from sessions where user_id = $1', [id]);
  assert.deepEqual(sessions, [{ token_hash: createHash('sha256').update(token).digest('hex') }]);
  const { rows: credentials } = await rows.query('select password_hash from credentials where id = $1', [id]);
  assert.match(credentials[0].password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('the public keys are published without their private keys', async () => {
  const { keys } = await assertDocumented('jwks', await fetch(at('/.well-known/jwks.json')));
  assert.equal(keys.length, 1);
});

test('neither successful nor failed requests log names, passwords, cookies or tokens', async () => {
  const lines = new PassThrough();
  const logged = await serveQuietly('auth', authApi(auth.options), { log: pino({ level: 'trace' }, lines) });
  const { register } = users(logged.url);
  const { credentials } = await register('logged-user');
  const cookie = cookieOf(await post(`${logged.url}/auth/login`, form(credentials)));
  const known = await fetch(`${logged.url}/auth`, { headers: { cookie } });
  await post(`${logged.url}/auth/login`, json({ ...credentials, username: 7 }));
  await post(`${logged.url}/auth/login`, {
    body: JSON.stringify(credentials).slice(0, -1),
    headers: { 'content-type': 'application/json' },
  });
  await fetch(`${logged.url}/auth/logout?password=${PASSWORD}`, { headers: { cookie } });
  await logged.close();

  const text = String(lines.read());
  const secrets = [
    PASSWORD,
    encodeURIComponent(PASSWORD),
    'logged-user',
    cookie.replace('session_id=', ''),
    known.headers.get('authorization')!,
  ];
  assert.ok(text.includes('"operation":"login"'));
  assert.deepEqual(
    secrets.filter((secret) => text.includes(secret)),
    [],
  );
});
