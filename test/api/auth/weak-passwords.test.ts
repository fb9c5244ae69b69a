/** Common passwords and the user name are refused as a new password, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { startAccounts } from '../../support/shop/account.ts';
import { PASSWORD } from '../../support/shop/auth.ts';

const accounts = await startAccounts();
const { auth, ask, login, change, isValid } = accounts;
after(() => accounts.close());

const COMMON = /^This is one of the most common passwords/;
const OWN_NAME = /^The password must differ from the user name/;
const weak: [what: string, username: string, password: string, detail: RegExp][] = [
  ['a very common password', 'ada', 'iloveyou', COMMON],
  ['a common password in another case', 'ada', 'PassWord1', COMMON],
  ['a common password of digits', 'ada', '12345678', COMMON],
  ['a keyboard walk', 'ada', '1qaz2wsx', COMMON],
  ['a row of the keyboard, backwards', 'ada', 'poiuytrewq', COMMON],
  ['a sequence', 'ada', 'abcdefgh', COMMON],
  ['a countdown', 'ada', '987654321', COMMON],
  ['a repeated digit', 'ada', '00000000', COMMON],
  ['a repeated word', 'ada', 'hahahaha', COMMON],
  ['a year, twice', 'ada', '19841984', COMMON],
  ['a common password whose K is the sign for kelvin', 'ada', 'blac\u212Ajack', COMMON],
  ['a digit sixteen times', 'ada', '1111111111111111', COMMON],
  ['wide digits in sequence', 'ada', '\uFF11\uFF12\uFF13\uFF14\uFF15\uFF16\uFF17\uFF18', COMMON],
  ['a common password between blanks', 'ada', ' password ', COMMON],
  ['the user name', 'ada.lovelace', 'ada.lovelace', OWN_NAME],
  ['the user name in another case', 'ada.lovelace', 'Ada.LOVELACE', OWN_NAME],
  ['the user name whose K is the sign for kelvin', 'frederick.b', 'frederic\u212A.b', OWN_NAME],
];

/** Checks a refusal, which must not quote the password. */
function assertRefused(answer: Answer, pointer: string, detail: RegExp, password: string) {
  assert.equal(outcomeOf(answer), '400 bad-request');
  const { errors } = answer.body;
  assert.deepEqual(errors, [{ pointer, detail: answer.body.detail }]);
  assert.match(answer.body.detail, detail);
  assert.ok(!JSON.stringify(answer.body).includes(password));
}

for (const [what, username, password, detail] of weak) {
  test(`a registration with ${what} as the password is refused`, async () => {
    const answer = await ask('register', 'POST', '/auth/register', { body: { username, password } });
    assertRefused(answer, '/password', detail, password);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ username, password }).toString();
    assertRefused(
      await ask('register', 'POST', '/auth/register', { headers: form, body }),
      '/password',
      detail,
      password,
    );
    assert.equal((await auth.rows.query('select from credentials where login_name = $1', [username])).rowCount, 0);
  });
}

test('a change to a common password or to the user name is refused, and keeps the password and the sessions', async () => {
  const { cookie, credentials } = await login();
  const named = await accounts.register('ada.byron');
  const namedCookie = await accounts.loginAgain(named.credentials);
  const to = (session: string, next: string) =>
    change({ headers: { cookie: session }, body: { current: PASSWORD, next } });
  assertRefused(await to(cookie, 'Sunshine'), '/next', COMMON, 'Sunshine');
  assertRefused(await to(namedCookie, 'ADA.byron'), '/next', OWN_NAME, 'ADA.byron');
  assert.equal(outcomeOf(await ask('login', 'POST', '/auth/login', { body: credentials })), '200');
  assert.equal(await isValid(cookie), true);
});

test('the name of another user, and a common password with more, are accepted', async () => {
  for (const [username, password] of [
    ['grace.hopper', 'ada.lovelace'],
    ['grace.murray', 'password of grace'],
    ['grace.brewster', 'a'.repeat(128)],
    ['grace.vincent', '🐳'.repeat(8)],
  ])
    assert.equal(outcomeOf(await ask('register', 'POST', '/auth/register', { body: { username, password } })), '201');
});

test('a user who already has a common password can log in, and replace it', async () => {
  const { id, credentials } = await accounts.register();
  await auth.rows.query('update credentials set password_hash = $1 where id = $2', ['quick password', id]);
  const old = { ...credentials, password: 'password' };
  const cookie = await accounts.loginAgain(old);
  assert.equal(outcomeOf(await ask('token', 'POST', '/auth/token', { body: old })), '200');
  assert.equal(
    outcomeOf(await change({ headers: { cookie }, body: { current: 'password', next: 'my better horse' } })),
    '204',
  );
});
