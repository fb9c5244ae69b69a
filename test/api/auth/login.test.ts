/** Registration, logins and tokens over HTTP, with a real Postgres. Every answer is checked against the contract. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { hash } from '@node-rs/argon2';
import { createLocalTokenVerifier } from '../../../lib/http/tokens.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { form, json, post } from '../../support/requests/requests.ts';
import { PASSWORD as password, startAuth } from '../../support/shop/auth.ts';

const auth = await startAuth();
const { options, rows } = auth;
const at = (path: string) => auth.url + path;
after(() => auth.close());

for (const [kind, sent] of Object.entries({ form, json })) {
  test(`a user registers and logs in with a ${kind} body`, async () => {
    const username = `Ada.by-${kind}`;
    const registered = await assertDocumented(
      'register',
      await post(at('/auth/register'), sent({ username, password })),
    );
    assert.equal(registered.username, username);

    const response = await post(at('/auth/login'), sent({ username, password }));
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.match(
      response.headers.get('set-cookie')!,
      /^session_id=[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=3600$/,
    );
    assert.deepEqual(await assertDocumented('login', response), registered);
  });
}

test('behind TLS the session cookie is Secure, and no other host of the domain can set it', async () => {
  const { credentials } = await auth.register();
  const response = await post(at('/auth/login'), {
    ...json(credentials),
    headers: { ...json({}).headers, 'x-forwarded-proto': 'https' },
  });
  assert.match(
    response.headers.get('set-cookie')!,
    /^__Host-session_id=[\w-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=3600; Secure$/,
  );
  await assertDocumented('login', response);
});

test('a user name is unique regardless of case, and its owner can log in with any case', async () => {
  const { credentials, id } = await auth.register('Grace');
  const second = await post(at('/auth/register'), json({ username: 'gRACE', password: 'another one' }));
  assert.equal((await assertDocumented('register', second)).type, '/problems/username-taken');
  const response = await post(at('/auth/login'), json({ ...credentials, username: 'GRACE' }));
  assert.deepEqual(await assertDocumented('login', response), { id, username: 'Grace' });
});

test('of ten concurrent registrations of one name one succeeds', async () => {
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => post(at('/auth/register'), json({ username: 'contended', password }))),
  );
  assert.deepEqual(responses.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
});

test('a client without cookies gets a token for its credentials', async () => {
  const { credentials, id } = await auth.register();
  const response = await post(at('/auth/token'), form(credentials));
  assert.deepEqual([response.headers.get('set-cookie'), response.headers.get('cache-control')], [null, 'no-store']);
  const token = await assertDocumented('token', response);
  assert.deepEqual([token.token_type, token.expires_in], ['Bearer', 300]);
  assert.deepEqual(await createLocalTokenVerifier(options.keys.published)(token.access_token), { kind: 'user', id });

  const refused = await post(at('/auth/token'), json({ ...credentials, password: 'wrong horse' }));
  assert.equal((await assertDocumented('token', refused)).type, '/problems/wrong-credentials');
});

test('a login replaces a password hash that has outdated parameters', async () => {
  const { credentials, id } = await auth.register();
  await rows.query('update credentials set password_hash = $1 where id = $2', [
    await hash(password, { memoryCost: 8192, timeCost: 1 }),
    id,
  ]);
  await assertDocumented('login', await post(at('/auth/login'), json(credentials)));
  const { rows: updated } = await rows.query('select password_hash from credentials where id = $1', [id]);
  assert.match(updated[0].password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  await assertDocumented('login', await post(at('/auth/login'), json(credentials)));
});

test('the login page has both forms, and its content security policy allows only its own style', async () => {
  const response = await fetch(at('/auth/login'));
  const page = (await assertDocumented('loginPage', response)) as string;
  assert.match(page, /action="\/auth\/login"[^]*action="\/auth\/register"/);
  const style = /<style>([^]*)<\/style>/.exec(page)![1]!;
  const policy = response.headers.get('content-security-policy')!;
  assert.ok(
    policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`) &&
      policy.startsWith("default-src 'none'"),
  );
  // With `no-referrer` browsers send `Origin: null` with the form, and the gateway would refuse it as cross-site.
  assert.equal(response.headers.get('referrer-policy'), 'same-origin');
});
