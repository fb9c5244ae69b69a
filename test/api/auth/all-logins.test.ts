/** Limits on all logins, right and wrong, which apply before the password is hashed. With a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { LIMITS, PASSWORD, fakePasswords, startAuth } from '../../support/shop/auth.ts';
import { WRONG, atOnce, loginFrom, newAddress, postFrom, tally } from '../../support/shop/logins.ts';

const hashed: string[] = [];
const passwords = {
  ...fakePasswords,
  matches: (...call: Parameters<typeof fakePasswords.matches>) => {
    hashed.push(call[0]);
    return fakePasswords.matches(...call);
  },
};
const auth = await startAuth({ passwords });
const other = await auth.replica();
/** An auth with a low limit per address. */
const few = await startAuth({ passwords, limits: { loginsPerAddress: 8 } });
after(async () => {
  await auth.close();
  await few.close();
});

const at = (n: number) => (n % 2 ? auth.url : other.url);
const waitsOf = (answers: readonly Answer[]) =>
  answers.filter(({ status }) => status === 429).map(({ headers }) => Number(headers.get('retry-after')));

for (const operationId of ['login', 'token']) {
  test(`of 60 concurrent correct requests for a ${operationId} of one account from one address 30 are checked`, async () => {
    const { credentials } = await auth.register();
    const [from, elsewhere] = [newAddress(), newAddress()];
    hashed.length = 0;
    const answers = await atOnce(60, (n) => postFrom(from, operationId, at(n), credentials));
    assert.deepEqual(tally(answers), { '200': 30, '429 too-many-requests': 30 });
    assert.equal(hashed.length, 30);
    for (const waitS of waitsOf(answers)) assert.ok(waitS > 30 && waitS <= LIMITS.loginsWindowS, String(waitS));

    const { detail } = answers.find(({ status }) => status === 429)!.body;
    assert.match(detail, /^Too many logins\. Wait for the number of seconds in Retry-After/);
    assert.equal(outcomeOf(await postFrom(elsewhere, operationId, auth.url, credentials)), '200');
  });
}

test('logins and tokens of an account share the limit, in any case of the name, until the window ends', async () => {
  const { credentials } = await auth.register();
  const from = newAddress();
  const send = (n: number) =>
    postFrom(from, n % 2 ? 'login' : 'token', at(n), {
      ...credentials,
      username: n % 3 ? credentials.username : credentials.username.toUpperCase(),
    });
  assert.deepEqual(tally(await atOnce(60, send)), { '200': 30, '429 too-many-requests': 30 });
  await auth.rows.query('update attempts set expire = 1');
  await eventually(async () => assert.equal(outcomeOf(await send(0)), '200'));
});

test('of 60 concurrent wrong logins 30 cost a hash and ten learn that they were wrong', async () => {
  const { credentials } = await auth.register();
  const from = newAddress();
  hashed.length = 0;
  const answers = await atOnce(60, (n) => loginFrom(from, at(n), credentials.username, WRONG));
  assert.deepEqual(tally(answers), { '403 wrong-credentials': 10, '429 too-many-requests': 50 });
  assert.equal(hashed.length, 30);
});

test('of concurrent logins from one address to many accounts, known or not, only the limit is checked', async () => {
  const { credentials } = await few.register();
  const from = newAddress();
  hashed.length = 0;
  const answers = await atOnce(24, (n) =>
    loginFrom(from, few.url, n % 2 ? credentials.username : `unknown-${n}`, n % 2 ? PASSWORD : WRONG),
  );
  const { '429 too-many-requests': refused, ...checked } = tally(answers);
  assert.equal(refused, 16);
  assert.equal(hashed.length, 8, JSON.stringify(checked));
  assert.equal(outcomeOf(await loginFrom(newAddress(), few.url, credentials.username)), '200');
});

test('a refused login is not counted, so it writes nothing', async () => {
  const from = newAddress();
  await atOnce(12, (n) => loginFrom(from, few.url, `nobody-${n}`, WRONG));
  const counters = async () =>
    (await few.rows.query(`select key, points, expire from attempts where key like $1`, [`%${from}`])).rows;
  const before = await counters();
  assert.ok(before.length > 0);
  for (let n = 0; n < 5; n++) await loginFrom(from, few.url, `nobody-${n}`, WRONG);
  assert.deepEqual(await counters(), before);
});

test('logins delete the counters whose window has ended', async () => {
  await few.rows.query('update attempts set expire = 1');
  await few.rows.query(
    `insert into attempts select 'logins-of-address:198.51.100.' || n, 1, 1 from generate_series(1, 60) n`,
  );
  const ended = async () => (await few.rows.query('select key from attempts where expire = 1')).rowCount!;
  const before = await ended();
  for (let n = 0; n < 3; n++) await loginFrom(newAddress(), few.url, `nobody-${n}`, WRONG);
  assert.ok(before - (await ended()) >= 60, `${before} became ${await ended()}`);
});
