/**
 * Strangers who guess a password slow down only logins from new addresses, and never lock the owner out. With a real
 * Postgres.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { NEW_PASSWORD } from '../../support/shop/account.ts';
import type { Passwords } from '../../../api/auth/passwords.ts';
import { LIMITS, PASSWORD, fakePasswords, startAuth } from '../../support/shop/auth.ts';
import { WRONG, atOnce, loginFrom, newAddress, postFrom, tally } from '../../support/shop/logins.ts';
import { createContractClient } from '../../support/requests/contract-client.ts';

/** Longer than a login without a wait takes, even on a busy machine. */
const WAIT_MS = 2_500;
const BEFORE_WAIT = LIMITS.loginFailuresByStrangers;
const auth = await startAuth({ passwords: fakePasswords, limits: { loginWaitMs: WAIT_MS } });
const other = await auth.replica();
after(() => auth.close());

async function timed(send: Promise<Answer>): Promise<{ outcome: string; waited: boolean }> {
  const startMs = performance.now();
  const outcome = outcomeOf(await send);
  return { outcome, waited: performance.now() - startMs >= WAIT_MS };
}

/** Wrong logins to one account, each from its own address. */
const guess = (username: string, count: number) =>
  atOnce(count, (n) => loginFrom(newAddress(), n % 2 ? auth.url : other.url, username, WRONG));

test('ten wrong logins at one address keep nobody out at another', async () => {
  const { credentials } = await auth.register();
  const from = newAddress();
  assert.deepEqual(tally(await atOnce(11, () => loginFrom(from, auth.url, credentials.username, WRONG))), {
    '403 wrong-credentials': 10,
    '429 too-many-requests': 1,
  });
  assert.equal(outcomeOf(await loginFrom(from, other.url, credentials.username)), '429 too-many-requests');
  assert.equal(outcomeOf(await loginFrom(newAddress(), other.url, credentials.username)), '200');
});

for (const what of ['an account', 'an unknown name'] as const) {
  test(`of concurrent wrong logins to ${what} from many addresses, all beyond the limit wait and none is refused`, async () => {
    const username = what === 'an account' ? (await auth.register()).credentials.username : 'never-was';
    const attempts = await Promise.all(
      Array.from({ length: BEFORE_WAIT + 8 }, (_, n) =>
        timed(loginFrom(newAddress(), n % 2 ? auth.url : other.url, username, WRONG)),
      ),
    );
    assert.deepEqual(new Set(attempts.map(({ outcome }) => outcome)), new Set(['403 wrong-credentials']));
    assert.equal(attempts.filter(({ waited }) => waited).length, 8);
  });
}

test('the owner is neither slowed down nor refused at a usual address, and gets in after a wait at a new one', async () => {
  const { credentials } = await auth.register();
  const [home, hotel] = [newAddress(), newAddress()];
  assert.equal(outcomeOf(await postFrom(home, 'token', auth.url, credentials)), '200');
  assert.deepEqual(tally(await guess(credentials.username, BEFORE_WAIT + 5)), {
    '403 wrong-credentials': BEFORE_WAIT + 5,
  });
  const login = (address: string, password = PASSWORD) =>
    timed(loginFrom(address, other.url, credentials.username, password));
  assert.deepEqual(await login(home), { outcome: '200', waited: false });
  // A typing mistake of the owner is not slowed down either.
  assert.deepEqual(await login(home, WRONG), { outcome: '403 wrong-credentials', waited: false });
  assert.deepEqual(await login(hotel), { outcome: '200', waited: true });
  assert.deepEqual(await login(hotel), { outcome: '200', waited: false });
});

test('failures at usual addresses and correct logins do not count as those of strangers', async () => {
  const { credentials } = await auth.register();
  const { username } = credentials;
  const home = newAddress();
  for (let n = 0; n < BEFORE_WAIT; n++)
    assert.equal(outcomeOf(await loginFrom(newAddress(), auth.url, username)), '200');
  await loginFrom(home, auth.url, username);
  for (let n = 0; n < 9; n++) await loginFrom(home, auth.url, username, WRONG);
  assert.deepEqual(await timed(loginFrom(newAddress(), auth.url, username, WRONG)), {
    outcome: '403 wrong-credentials',
    waited: false,
  });
});

test('an address of one account is not known to another', async () => {
  const [one, another] = [await auth.register(), await auth.register()];
  const home = newAddress();
  await loginFrom(home, auth.url, one.credentials.username);
  await guess(another.credentials.username, BEFORE_WAIT);
  assert.deepEqual(await timed(loginFrom(home, auth.url, another.credentials.username)), {
    outcome: '200',
    waited: true,
  });
});

test('wrong logins do not prevent a change of the password in an open session', async () => {
  const { credentials } = await auth.register();
  const home = newAddress();
  const session = await loginFrom(home, auth.url, credentials.username);
  const token = (await postFrom(home, 'token', auth.url, credentials)).body.access_token as string;
  assert.equal(session.status, 200);
  // Even at the owner's own address.
  await atOnce(12, () => loginFrom(home, auth.url, credentials.username, WRONG));
  await guess(credentials.username, BEFORE_WAIT + 1);
  assert.equal(outcomeOf(await loginFrom(home, auth.url, credentials.username)), '429 too-many-requests');
  const change = createContractClient(auth.url)('changePassword', 'PUT', '/auth/password', {
    headers: { 'x-forwarded-for': home, authorization: `Bearer ${token}` },
    body: { current: PASSWORD, next: NEW_PASSWORD },
  });
  assert.deepEqual(await timed(change), { outcome: '204', waited: false });
});

test('changes with the right password that are refused, because too many run at once, do not count as wrong', async (t) => {
  const refused = Promise.withResolvers<void>();
  const matches: Passwords['matches'] = async (...entered) => {
    await refused.promise;
    return fakePasswords.matches(...entered);
  };
  const held = await startAuth({ passwords: { ...fakePasswords, matches } });
  t.after(() => held.close());
  const { credentials } = await held.register();
  const token = await held.options.keys.sign((await held.options.store.findCredential(credentials.username))!.id);
  const change = () =>
    createContractClient(held.url)('changePassword', 'PUT', '/auth/password', {
      headers: { authorization: `Bearer ${token}` },
      body: { current: PASSWORD, next: PASSWORD },
    });
  const most = 2 * LIMITS.loginFailuresPerAccount;
  let refusals = 0;
  const outcomes = await atOnce(most + 1, async () => {
    const answer = await change();
    if (answer.status === 429 && ++refusals > LIMITS.loginFailuresPerAccount) refused.resolve();
    return answer;
  });
  assert.equal(tally(outcomes)['204'], 1);
  assert.equal(outcomeOf(await change()), '204');
});

test('a known address and an unknown one leave neither names nor addresses in the table', async () => {
  const { credentials } = await auth.register();
  await loginFrom(newAddress(), auth.url, credentials.username);
  const { rows } = await auth.rows.query<{ address_hash: string }>('select address_hash from known_addresses');
  assert.ok(rows.length > 0);
  for (const { address_hash: hash } of rows) assert.match(hash, /^[\da-f]{64}$/);
});
