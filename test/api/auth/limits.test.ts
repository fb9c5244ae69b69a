/** Limits on failed logins, counted by all replicas together, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authApi } from '../../../api/auth/app.ts';
import { eventually } from '../../support/eventually.ts';
import { outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { LIMITS, PASSWORD, fakePasswords, startAuth } from '../../support/shop/auth.ts';
import { startGateway } from '../../support/shop/gateway.ts';
import { WRONG, atOnce, newAddress, postFrom, tally } from '../../support/shop/logins.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const auth = await startAuth({ passwords: fakePasswords });
const other = await auth.replica();
/** An auth with a low limit per address. `fewOther` is its second replica. */
const few = await startAuth({
  passwords: fakePasswords,
  limits: { loginFailuresPerAddress: 6 },
});
const fewOther = await few.replica();
after(async () => {
  await auth.close();
  await few.close();
});

const post = (operationId: string, url: string, body: object, address = newAddress()): Promise<Answer> =>
  postFrom(address, operationId, url, body);

/** Sends concurrent wrong logins and token requests from one address to both replicas. */
const guesses = (username: string, count: number, from: string) =>
  atOnce(count, (n) =>
    post(n % 3 === 0 ? 'token' : 'login', n % 2 === 0 ? auth.url : other.url, { username, password: WRONG }, from),
  );

test('the default limits are those of the contract', () => {
  assert.deepEqual(LIMITS, {
    loginsPerAccount: 30,
    loginsPerAddress: 300,
    loginsWindowS: 60,
    loginFailuresPerAccount: 10,
    loginFailuresPerAddress: 100,
    loginFailuresWindowS: 5 * 60,
    loginFailuresByStrangers: 30,
    loginWaitMs: 4_000,
    registrationsPerAddress: 1_000,
    registrationsWindowS: 60 * 60,
    writesBurst: 100,
    writesPerSecond: 20,
  });
});

const home = newAddress();

for (const what of ['an account', 'an unknown name'] as const) {
  test(`of 30 concurrent wrong logins to ${what} ten are checked, and then every login from that address is refused`, async () => {
    const username = what === 'an account' ? (await auth.register('guessed-at')).credentials.username : 'never-was';
    const answers = await guesses(username, 30, home);
    assert.deepEqual(tally(answers), { '403 wrong-credentials': 10, '429 too-many-requests': 20 });
    for (const { headers } of answers.filter(({ status }) => status === 429)) {
      const waitS = Number(headers.get('retry-after'));
      assert.ok(waitS > LIMITS.loginFailuresWindowS - 60 && waitS <= LIMITS.loginFailuresWindowS, String(waitS));
    }
    // A login with the right password is refused too, and so is the name in upper case.
    for (const url of [auth.url, other.url]) {
      assert.equal(
        outcomeOf(await post('login', url, { username: username.toUpperCase(), password: PASSWORD }, home)),
        '429 too-many-requests',
      );
    }
  });
}

test('a known and an unknown name get the same refusal', async () => {
  const [known, unknown] = [
    await post('login', auth.url, { username: 'guessed-at', password: WRONG }, home),
    await post('login', auth.url, { username: 'never-was', password: WRONG }, home),
  ];
  const problems = [known, unknown].map(({ body }) => ({ ...body, correlationId: '' }));
  assert.equal(outcomeOf(known), '429 too-many-requests');
  assert.deepEqual(problems[0], problems[1]);
});

test('after the window a user can log in again', async () => {
  await auth.rows.query('update attempts set expire = 1');
  const login = () => post('login', other.url, { username: 'guessed-at', password: PASSWORD }, home);
  // A replica repeats a refusal for up to a second without asking the database.
  await eventually(async () => assert.equal(outcomeOf(await login()), '200'));
  assert.deepEqual(tally(await guesses('guessed-at', 11, home)), {
    '403 wrong-credentials': 10,
    '429 too-many-requests': 1,
  });
});

test('successful logins do not count as failed', async () => {
  const { credentials } = await auth.register();
  const from = newAddress();
  for (let n = 0; n < 12; n++)
    assert.equal(outcomeOf(await post('login', n % 2 ? auth.url : other.url, credentials, from)), '200');
  assert.deepEqual(tally(await guesses(credentials.username, 10, from)), { '403 wrong-credentials': 10 });
});

test('a correct login is refused if ten concurrent guesses failed first', async (t) => {
  const { credentials } = await auth.register();
  const { passwords } = auth.options;
  const failed = Promise.withResolvers<void>();
  const slow = await serveQuietly(
    'auth',
    authApi({
      ...auth.options,
      passwords: {
        ...passwords,
        async matches(password, hash, origin) {
          if (password === PASSWORD) await failed.promise;
          return passwords.matches(password, hash, origin);
        },
      },
    }),
  );
  t.after(() => {
    failed.resolve();
    return slow.close();
  });
  const from = newAddress();
  const right = post('login', slow.url, credentials, from);
  assert.deepEqual(tally(await guesses(credentials.username, 10, from)), { '403 wrong-credentials': 10 });
  failed.resolve();
  assert.equal(outcomeOf(await right), '429 too-many-requests');
});

test('failed logins are limited per address across replicas and names; other addresses are not affected', async () => {
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
  ['the last address that proxies added', true, ['6.6.6.6, 198.51.100.1', '7.7.7.7, 198.51.100.1']],
  [
    'an IPv6 network in any notation',
    true,
    ['2001:db8::1', '2001:DB8:0:0:ffff::2', '2001:db8:0::3%eth0', '2001:0db8::198.51.100.1'],
  ],
  ['an IPv4 address mapped to IPv6', true, ['::ffff:198.51.100.2', '198.51.100.2']],
  ['an address in another IPv6 network', false, ['2001:db8:0:1::1', '2001:db8:0:2::1']],
];
for (const [what, same, from] of networks) {
  test(`${what} ${same ? 'counts as the same address' : 'counts as a different address'}`, async () => {
    for (let n = 0; n < 6; n++)
      await post('login', few.url, { username: `${what.length}-${n}`, password: WRONG }, from[0]);
    for (const address of from) {
      const outcome = outcomeOf(await post('login', few.url, { username: 'unknown', password: WRONG }, address));
      assert.equal(outcome, same || address === from[0] ? '429 too-many-requests' : '403 wrong-credentials', address);
    }
  });
}

test('a forwarded client address counts only if a trusted proxy sent it', async (t) => {
  const direct = await startGateway({ auth: few.url });
  const behind = await startGateway({ auth: few.url }, { trustedProxies: ['127.0.0.1'] });
  t.after(() => Promise.all([direct.close(), behind.close()]));
  const fail = (url: string, n: number) =>
    post('login', url, { username: `unknown-${n}`, password: WRONG }, `198.51.100.${100 + n}`);
  const outcomes = [];
  for (let n = 0; n < 7; n++) outcomes.push(outcomeOf(await fail(direct.url, n)));
  assert.deepEqual(outcomes, [...Array(6).fill('403 wrong-credentials'), '429 too-many-requests']);
  assert.equal(outcomeOf(await fail(behind.url, 8)), '403 wrong-credentials');
});

test('the counters contain no user names', async () => {
  const { rows } = await auth.rows.query<{ key: string }>('select key from attempts');
  assert.ok(rows.length > 0);
  for (const { key } of rows)
    assert.match(
      key,
      /^((logins-of-account|failures-of-account|failures-by-strangers):[\da-f]{64}|(logins-of-address|failures-of-address|registration):[\d.]+)$/,
    );
});
