/** Auth refuses invalid, wrong and excess requests, and reports a missing database, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authApi } from '../../../api/auth/app.ts';
import { createPasswords } from '../../../api/auth/passwords.ts';
import { createSigningKeys } from '../../../api/auth/signing-keys.ts';
import { createAuthStore } from '../../../api/auth/store.ts';
import { openDatabase } from '../../../lib/database.ts';
import { unavailable } from '../../../lib/http/problem.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { form, json, post } from '../../support/requests/requests.ts';
import { PASSWORD as password, ROTATION_S, startAuth } from '../../support/shop/auth.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const auth = await startAuth();
const { options } = auth;
const at = (path: string) => auth.url + path;
after(() => auth.close());

const refusedBodies: [why: string, kind: string, init: RequestInit][] = [
  ['a password that is too short', 'bad-request', json({ username: 'short', password: '1234567' })],
  ['a password that is too long', 'bad-request', json({ username: 'long', password: 'x'.repeat(129) })],
  ['a name that is too short', 'bad-request', json({ username: 'ab', password })],
  ['a name with a space', 'bad-request', json({ username: 'a b c', password })],
  ['a name that is not a string', 'bad-request', json({ username: 12345, password })],
  ['a form that is not UTF-8', 'bad-request', { ...form({}), body: 'username=noText&password=%ff%fe12345678' }],
  ['a form with an incomplete escape', 'bad-request', { ...form({}), body: 'username=noText&password=12345678%' }],
  ['a missing password', 'bad-request', json({ username: 'unknown' })],
  ['an unknown property', 'bad-request', json({ username: 'unknown', password, isAdmin: true })],
  ['an unknown field of a form', 'bad-request', form({ username: 'unknown', password, isAdmin: '1' })],
  [
    'a repeated form field',
    'bad-request',
    { ...form({}), body: `username=abc&username=abd&password=${encodeURIComponent(password)}` },
  ],
  ['a list', 'bad-request', json([])],
  ['invalid JSON', 'bad-request', { body: '{"username":', headers: { 'content-type': 'application/json' } }],
  [
    'a repeated JSON key',
    'bad-request',
    {
      body: `{"username":"abc","username":"abd","password":"${password}"}`,
      headers: { 'content-type': 'application/json' },
    },
  ],
  [
    'another media type',
    'unsupported-media-type',
    { body: 'username=unknown', headers: { 'content-type': 'text/plain' } },
  ],
  ['an oversized body', 'payload-too-large', json({ username: 'unknown', password: 'x'.repeat(17_000) })],
];

for (const [why, kind, init] of refusedBodies) {
  for (const operationId of ['register', 'login', 'token']) {
    // A login or token request answers a name or password that breaks these rules with wrong-credentials.
    if (operationId !== 'register' && /too (short|long)|space/.test(why)) continue;
    test(`${operationId} refuses ${why}`, async () => {
      const problem = await assertDocumented(operationId, await post(at(`/auth/${operationId}`), init));
      assert.equal(problem.type, `/problems/${kind}`);
      assert.ok(!JSON.stringify(problem).includes(password));
    });
  }
}

test('a wrong password and an unknown name get the same answer and take a similar time', async () => {
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
  // Hashing takes most of the time: if auth did not hash for unknown names, the ratio would be 0.1.
  // The test compares the minimum CPU times, because other processes can double the elapsed time.
  const ratio = Math.min(...spent[1]) / Math.min(...spent[0]);
  assert.ok(ratio > 0.5 && ratio < 2, `an unknown name took ${ratio} of the time`);
});

test('when the hashing queue is full, a login gets 503 with Retry-After', async (t) => {
  const { hash: hashed, matches } = await createPasswords({ runningMax: 1, waitingMax: 1 });
  const origin = { address: '192.0.2.1', isKnown: false };
  for (const act of [
    () => hashed(password, origin),
    () => matches(password, undefined, origin),
  ] as (() => Promise<unknown>)[]) {
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
  const response = await post(`${busy.url}/auth/login`, json({ username: 'unknown', password }));
  assert.equal(response.headers.get('retry-after'), '1');
  assert.equal((await assertDocumented('login', response)).type, '/problems/unavailable');
});

test('without its database auth responds with 503 unavailable', async () => {
  const unreachable = openDatabase('postgres://user:password@127.0.0.1:1/auth');
  const store = createAuthStore(unreachable);
  const service = await serveQuietly(
    'auth',
    authApi({ ...options, store, keys: createSigningKeys(store, { rotationS: ROTATION_S }) }),
  );
  const answers = [
    await assertDocumented('login', await post(`${service.url}/auth/login`, json({ username: 'unknown', password }))),
    await assertDocumented(
      'register',
      await post(`${service.url}/auth/register`, json({ username: 'unknown', password })),
    ),
    await assertDocumented('token', await post(`${service.url}/auth/token`, json({ username: 'unknown', password }))),
    await assertDocumented('jwks', await fetch(`${service.url}/.well-known/jwks.json`)),
    await assertDocumented(
      'forwardAuth',
      await fetch(`${service.url}/auth`, { headers: { cookie: `session_id=${'A'.repeat(43)}` } }),
    ),
  ];
  await service.close();
  await store.close();
  await unreachable.close();
  assert.deepEqual(
    answers.map(({ type }) => type),
    Array(5).fill('/problems/unavailable'),
  );
});

test('a path accepts only its own methods', async () => {
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
    ['GET, HEAD', 'GET, HEAD, POST', null],
  );
  for (const response of answers) await assertDocumented(undefined, response);
});

/** Sends a login that is refused. Returns the problem and the CPU time. */
async function refusedLogin(credentials: object) {
  const before = process.cpuUsage();
  const response = await post(at('/auth/login'), json(credentials));
  const { user, system } = process.cpuUsage(before);
  return { problem: await assertDocumented('login', response), cpuMicros: user + system };
}
