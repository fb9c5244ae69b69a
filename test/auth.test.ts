/** Accounts and credentials over HTTP, with a real Postgres. Every answer is checked against the OpenAPI document. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { hash } from '@node-rs/argon2';
import { authApi } from '../api/auth/app.ts';
import { createPasswords } from '../api/auth/passwords.ts';
import { createSigningKeys } from '../api/auth/signing-keys.ts';
import { createAuthStore } from '../api/auth/store.ts';
import { openDatabase } from '../lib/database.ts';
import { unavailable } from '../lib/problem.ts';
import { createLocalTokenVerifier } from '../lib/tokens.ts';
import { PASSWORD as password, ROTATION_S, startAuth } from './support/auth.ts';
import { assertDocumented } from './support/openapi.ts';
import { form, json, post } from './support/requests.ts';
import { serveQuietly } from './support/service.ts';

const auth = await startAuth();
const { options, rows } = auth;
const at = (path: string) => auth.url + path;
after(() => auth.close());

for (const [kind, sent] of Object.entries({ form, json })) {
  test(`somebody registers and logs in by ${kind}`, async () => {
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

test('behind TLS the cookie is Secure', async () => {
  const { credentials } = await auth.register();
  const response = await post(at('/auth/login'), {
    ...json(credentials),
    headers: { ...json({}).headers, 'x-forwarded-proto': 'https' },
  });
  assert.match(response.headers.get('set-cookie')!, /; Secure$/);
});

test('a name is taken in whatever case, and its owner logs in with any', async () => {
  const { credentials, id } = await auth.register('Grace');
  const second = await post(at('/auth/register'), json({ username: 'gRACE', password: 'another one' }));
  assert.equal((await assertDocumented('register', second)).type, '/problems/username-taken');
  const response = await post(at('/auth/login'), json({ ...credentials, username: 'GRACE' }));
  assert.deepEqual(await assertDocumented('login', response), { id, username: 'Grace' });
});

test('of many who register one name at once, one gets it', async () => {
  const responses = await Promise.all(
    Array.from({ length: 10 }, () => post(at('/auth/register'), json({ username: 'contended', password }))),
  );
  assert.deepEqual(responses.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
});

const refusedBodies: [why: string, kind: string, init: RequestInit][] = [
  ['a password that is too short', 'bad-request', json({ username: 'short', password: '1234567' })],
  ['a password that is too long', 'bad-request', json({ username: 'long', password: 'x'.repeat(129) })],
  ['a name that is too short', 'bad-request', json({ username: 'ab', password })],
  ['a name with a space', 'bad-request', json({ username: 'a b c', password })],
  ['a name that is no text', 'bad-request', json({ username: 12345, password })],
  [
    'a form with bytes that are no text',
    'bad-request',
    { ...form({}), body: 'username=noText&password=%ff%fe12345678' },
  ],
  ['a form with half an escape', 'bad-request', { ...form({}), body: 'username=noText&password=12345678%' }],
  ['a missing password', 'bad-request', json({ username: 'nobody' })],
  ['an unknown property', 'bad-request', json({ username: 'nobody', password, isAdmin: true })],
  ['an unknown field of a form', 'bad-request', form({ username: 'nobody', password, isAdmin: '1' })],
  [
    'a field that stands twice in a form',
    'bad-request',
    { ...form({}), body: `username=abc&username=abd&password=${encodeURIComponent(password)}` },
  ],
  ['a list', 'bad-request', json([])],
  ['what is not JSON', 'bad-request', { body: '{"username":', headers: { 'content-type': 'application/json' } }],
  [
    'a key that stands there twice',
    'bad-request',
    {
      body: `{"username":"abc","username":"abd","password":"${password}"}`,
      headers: { 'content-type': 'application/json' },
    },
  ],
  [
    'another media type',
    'unsupported-media-type',
    { body: 'username=nobody', headers: { 'content-type': 'text/plain' } },
  ],
  ['too large a body', 'payload-too-large', json({ username: 'nobody', password: 'x'.repeat(17_000) })],
];

for (const [why, kind, init] of refusedBodies) {
  for (const operationId of ['register', 'login', 'token']) {
    // What registration refuses as a name or a password, a login takes for a wrong one.
    if (operationId !== 'register' && /too (short|long)|space/.test(why)) continue;
    test(`${operationId} refuses ${why}`, async () => {
      const problem = await assertDocumented(operationId, await post(at(`/auth/${operationId}`), init));
      assert.equal(problem.type, `/problems/${kind}`);
      assert.ok(!JSON.stringify(problem).includes(password));
    });
  }
}

test('a wrong password and an unknown name are told apart neither by the answer nor by its time', async () => {
  const { credentials } = await auth.register();
  const wrong = { ...credentials, password: 'wrong horse' };
  const unknown = { username: 'who is this?', password: 'wrong horse' };
  const spent: [number[], number[]] = [[], []];
  for (let n = 0; n < 10; n++) {
    const [first, second] = [await refusedLogin(wrong), await refusedLogin(unknown)];
    assert.equal(first.problem.type, '/problems/wrong-credentials');
    assert.deepEqual({ ...first.problem, correlationId: '' }, { ...second.problem, correlationId: '' });
    spent[0].push(first.cpuMicros);
    spent[1].push(second.cpuMicros);
  }
  // The hash takes tens of milliseconds, and all else a few: without one for the unknown name this would be a tenth. The processor's
  // time, and the least of many: what other processes do meanwhile makes the clock's time of either twice as long.
  const ratio = Math.min(...spent[1]) / Math.min(...spent[0]);
  assert.ok(ratio > 0.5 && ratio < 2, `an unknown name took ${ratio} of the time`);
});

test('a token is a login for clients without cookies', async () => {
  const { credentials, id } = await auth.register();
  const response = await post(at('/auth/token'), form(credentials));
  assert.deepEqual([response.headers.get('set-cookie'), response.headers.get('cache-control')], [null, 'no-store']);
  const token = await assertDocumented('token', response);
  assert.deepEqual([token.token_type, token.expires_in], ['Bearer', 300]);
  assert.deepEqual(await createLocalTokenVerifier(options.keys.published)(token.access_token), { kind: 'user', id });

  const refused = await post(at('/auth/token'), json({ ...credentials, password: 'wrong horse' }));
  assert.equal((await assertDocumented('token', refused)).type, '/problems/wrong-credentials');
});

test('a hash of older parameters is brought up to date by the next login', async () => {
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

test('of passwords to be hashed so many wait, and who comes then is told to come back', async (t) => {
  const { hash: hashed, matches } = await createPasswords({ runningMax: 1, waitingMax: 1 });
  for (const act of [() => hashed(password), () => matches(password, undefined)] as (() => Promise<unknown>)[]) {
    const ends = await Promise.allSettled(Array.from({ length: 4 }, act));
    assert.deepEqual(
      ends.map((end) => end.status === 'rejected' && end.reason.kind),
      [false, false, 'unavailable', 'unavailable'],
    );
  }
  const busy = await serveQuietly(
    'auth',
    authApi({ ...options, passwords: { ...options.passwords, matches: () => Promise.reject(unavailable('busy')) } }),
  );
  t.after(() => busy.close());
  const response = await post(`${busy.url}/auth/login`, json({ username: 'nobody', password }));
  assert.equal(response.headers.get('retry-after'), '1');
  assert.equal((await assertDocumented('login', response)).type, '/problems/unavailable');
});

test('without its database auth says so, and asks to be asked again', async () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:1/auth');
  const store = createAuthStore(away);
  const lost = await serveQuietly(
    'auth',
    authApi({ ...options, store, keys: createSigningKeys(store, { rotationS: ROTATION_S }) }),
  );
  const answers = [
    await assertDocumented('login', await post(`${lost.url}/auth/login`, json({ username: 'nobody', password }))),
    await assertDocumented('register', await post(`${lost.url}/auth/register`, json({ username: 'nobody', password }))),
    await assertDocumented('token', await post(`${lost.url}/auth/token`, json({ username: 'nobody', password }))),
    await assertDocumented('jwks', await fetch(`${lost.url}/.well-known/jwks.json`)),
    await assertDocumented(
      'forwardAuth',
      await fetch(`${lost.url}/auth`, { headers: { cookie: `session_id=${'A'.repeat(43)}` } }),
    ),
  ];
  await lost.close();
  await store.close();
  await away.close();
  assert.deepEqual(
    answers.map(({ type }) => type),
    Array(5).fill('/problems/unavailable'),
  );
});

test('the login page has both forms, and its policy allows nothing but them and its own style', async () => {
  const response = await fetch(at('/auth/login'));
  const page = (await assertDocumented('loginPage', response)) as string;
  assert.match(page, /action="\/auth\/login"[^]*action="\/auth\/register"/);
  const style = /<style>([^]*)<\/style>/.exec(page)![1]!;
  const policy = response.headers.get('content-security-policy')!;
  assert.ok(
    policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`) &&
      policy.startsWith("default-src 'none'"),
  );
  // With `no-referrer` browsers send `Origin: null` with the form, and it would be refused as foreign.
  assert.equal(response.headers.get('referrer-policy'), 'same-origin');
});

test('an address answers its own methods only', async () => {
  const answers = [
    await fetch(at('/auth'), { method: 'POST' }),
    await fetch(at('/auth/login'), { method: 'PUT' }),
    await fetch(at('/auth/nothing')),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [405, 405, 404],
  );
  assert.deepEqual(
    answers.map(({ headers }) => headers.get('allow')),
    ['GET, HEAD', 'GET, POST', null],
  );
  for (const response of answers) await assertDocumented(undefined, response);
});

/** The refusal of a login, and the time it took. */
async function refusedLogin(credentials: object) {
  const before = process.cpuUsage();
  const response = await post(at('/auth/login'), json(credentials));
  const { user, system } = process.cpuUsage(before);
  return { problem: await assertDocumented('login', response), cpuMicros: user + system };
}
