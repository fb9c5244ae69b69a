/** How often strangers may fail, and register: counted by all replicas together, in a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authApi } from '../api/auth/app.ts';
import { createAsk, outcomeOf, type Answer } from './support/asking.ts';
import { LIMITS, PASSWORD, quickPasswords, startAuth } from './support/auth.ts';
import { startGateway } from './support/gateway.ts';
import { serveQuietly } from './support/service.ts';

const WRONG = 'wrong horse';
const auth = await startAuth({ passwords: quickPasswords });
const other = await auth.replica();
/** Two replicas with limits of the addresses that a test can reach. */
const few = await startAuth({
  passwords: quickPasswords,
  limits: { loginFailuresPerAddress: 6, registrationsPerAddress: 4 },
});
const fewOther = await few.replica();
after(async () => {
  await auth.close();
  await few.close();
});

let addresses = 0;
/** Nobody has asked from it before. */
const newAddress = () => `203.0.113.${++addresses}`;
const post = (operationId: string, url: string, body: object, address = newAddress()): Promise<Answer> =>
  createAsk(url)(operationId, 'POST', `/auth/${operationId}`, { headers: { 'x-forwarded-for': address }, body });

/** How many answers there were of each kind. */
function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of answers.map(outcomeOf)) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Guesses at once, at both replicas, for a session and for a token, each from another address. */
const guesses = (username: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      post(n % 3 === 0 ? 'token' : 'login', n % 2 === 0 ? auth.url : other.url, { username, password: WRONG }),
    ),
  );

test('by default the limits are those of the contract', () => {
  assert.deepEqual(LIMITS, {
    loginFailuresPerAccount: 10,
    loginFailuresPerAddress: 100,
    loginFailuresWindowS: 5 * 60,
    registrationsPerAddress: 1_000,
    registrationsWindowS: 60 * 60,
    writesBurst: 100,
    writesPerSecond: 20,
  });
});

for (const what of ['an account', 'a name that nobody has'] as const) {
  test(`of many failures at once with ${what}, at two replicas, ten are answered, and then nobody gets in`, async () => {
    const username = what === 'an account' ? (await auth.register('guessed-at')).credentials.username : 'never-was';
    const answers = await guesses(username, 30);
    assert.deepEqual(tally(answers), { '403 wrong-credentials': 10, '429 too-many-requests': 20 });
    for (const { headers } of answers.filter(({ status }) => status === 429)) {
      const waitS = Number(headers.get('retry-after'));
      assert.ok(waitS > LIMITS.loginFailuresWindowS - 60 && waitS <= LIMITS.loginFailuresWindowS, String(waitS));
    }
    // In whatever case, and with the right password too.
    for (const url of [auth.url, other.url]) {
      assert.equal(
        outcomeOf(await post('login', url, { username: username.toUpperCase(), password: PASSWORD })),
        '429 too-many-requests',
      );
    }
  });
}

test('the refusals of a known and of an unknown name are the same', async () => {
  const [known, unknown] = [
    await post('login', auth.url, { username: 'guessed-at', password: WRONG }),
    await post('login', auth.url, { username: 'never-was', password: WRONG }),
  ];
  const told = [known, unknown].map(({ body }) => ({ ...body, correlationId: '' }));
  assert.deepEqual(told[0], told[1]);
});

test('when the time is over one may try again', async () => {
  await auth.rows.query('update attempts set expire = 1');
  assert.equal(outcomeOf(await post('login', other.url, { username: 'guessed-at', password: PASSWORD })), '200');
  assert.deepEqual(tally(await guesses('guessed-at', 11)), { '403 wrong-credentials': 10, '429 too-many-requests': 1 });
});

test('successes do not count', async () => {
  const { credentials } = await auth.register();
  for (let n = 0; n < 12; n++)
    assert.equal(outcomeOf(await post('login', n % 2 ? auth.url : other.url, credentials)), '200');
  assert.deepEqual(tally(await guesses(credentials.username, 10)), { '403 wrong-credentials': 10 });
});

test('the right one of many guesses at once does not come through after all the wrong ones that are allowed', async (t) => {
  const { credentials } = await auth.register();
  const { passwords } = auth.options;
  const failed = Promise.withResolvers<void>();
  const slow = await serveQuietly(
    'auth',
    authApi({
      ...auth.options,
      passwords: {
        ...passwords,
        async matches(password, hash) {
          if (password === PASSWORD) await failed.promise;
          return passwords.matches(password, hash);
        },
      },
    }),
  );
  t.after(() => {
    failed.resolve();
    return slow.close();
  });
  const right = post('login', slow.url, credentials);
  assert.deepEqual(tally(await guesses(credentials.username, 10)), { '403 wrong-credentials': 10 });
  failed.resolve();
  assert.equal(outcomeOf(await right), '429 too-many-requests');
});

test('from one address so many may fail, at two replicas, with whatever names; another address goes on', async () => {
  const [from, elsewhere] = [newAddress(), newAddress()];
  const answers = await Promise.all(
    Array.from({ length: 15 }, (_, n) =>
      post('login', n % 2 ? few.url : fewOther.url, { username: `name-${n}`, password: WRONG }, from),
    ),
  );
  assert.deepEqual(tally(answers), { '403 wrong-credentials': 6, '429 too-many-requests': 9 });
  assert.equal(
    outcomeOf(await post('token', few.url, { username: 'name-99', password: WRONG }, from)),
    '429 too-many-requests',
  );
  assert.equal(
    outcomeOf(await post('login', few.url, { username: 'name-99', password: WRONG }, elsewhere)),
    '403 wrong-credentials',
  );
});

const networks: [what: string, same: boolean, from: string[]][] = [
  ['the last of the addresses that proxies have added', true, ['6.6.6.6, 198.51.100.1', '7.7.7.7, 198.51.100.1']],
  [
    'a network of IPv6, however it is written',
    true,
    ['2001:db8::1', '2001:DB8:0:0:ffff::2', '2001:db8:0::3%eth0', '2001:0db8::198.51.100.1'],
  ],
  ['an address of IPv4 in the clothes of IPv6', true, ['::ffff:198.51.100.2', '198.51.100.2']],
  ['another network of IPv6', false, ['2001:db8:0:1::1', '2001:db8:0:2::1']],
];
for (const [what, same, from] of networks) {
  test(`${what} is ${same ? 'one address' : 'another one'}`, async () => {
    for (let n = 0; n < 6; n++)
      await post('login', few.url, { username: `${what.length}-${n}`, password: WRONG }, from[0]);
    for (const address of from) {
      const outcome = outcomeOf(await post('login', few.url, { username: 'somebody', password: WRONG }, address));
      assert.equal(outcome, same || address === from[0] ? '429 too-many-requests' : '403 wrong-credentials', address);
    }
  });
}

test('what a client says about its address counts only where a proxy that is trusted has said it', async (t) => {
  const direct = await startGateway({ auth: few.url });
  const behind = await startGateway({ auth: few.url }, { trustedProxies: ['127.0.0.1'] });
  t.after(() => Promise.all([direct.close(), behind.close()]));
  const fail = (url: string, n: number) =>
    post('login', url, { username: `somebody-${n}`, password: WRONG }, `198.51.100.${100 + n}`);
  const outcomes = [];
  for (let n = 0; n < 7; n++) outcomes.push(outcomeOf(await fail(direct.url, n)));
  assert.deepEqual(outcomes, [...Array(6).fill('403 wrong-credentials'), '429 too-many-requests']);
  assert.equal(outcomeOf(await fail(behind.url, 8)), '403 wrong-credentials');
});

test('from one address so many may register, at two replicas, be the name free or taken', async () => {
  const from = newAddress();
  const register = (username: string, url: string, address = from) =>
    post('register', url, { username, password: PASSWORD }, address);
  assert.equal(outcomeOf(await register('taken', few.url)), '201');
  assert.equal(outcomeOf(await register('taken', fewOther.url)), '409 username-taken');
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => register(`new-${n}`, n % 2 ? few.url : fewOther.url)),
  );
  assert.deepEqual(tally(answers), { '201': 2, '429 too-many-requests': 6 });
  const waitS = Number(answers.find(({ status }) => status === 429)!.headers.get('retry-after'));
  assert.ok(waitS > LIMITS.registrationsWindowS - 60 && waitS <= LIMITS.registrationsWindowS, String(waitS));
  assert.equal(outcomeOf(await register('elsewhere', few.url, newAddress())), '201');
});

test('what is counted has no names in it', async () => {
  const { rows } = await auth.rows.query<{ key: string }>('select key from attempts');
  assert.ok(rows.length > 0);
  for (const { key } of rows)
    assert.match(key, /^(login-account:[\da-f]{64}|login-address:[\d.]+|registration:[\d.]+)$/);
});
