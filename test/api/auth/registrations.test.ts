/** The limit on registrations, counted by all replicas together, with a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { LIMITS, PASSWORD, fakePasswords, startAuth } from '../../support/shop/auth.ts';
import { newAddress, postFrom, tally } from '../../support/shop/logins.ts';

const auth = await startAuth({ passwords: fakePasswords, limits: { registrationsPerAddress: 4 } });
const other = await auth.replica();
after(() => auth.close());

test('registrations are limited per address across replicas, even if the name is taken', async () => {
  const from = newAddress();
  const register = (username: string, url: string, address = from) =>
    postFrom(address, 'register', url, { username, password: PASSWORD });
  assert.equal(outcomeOf(await register('taken', auth.url)), '201');
  assert.equal(outcomeOf(await register('taken', other.url)), '409 username-taken');
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => register(`new-${n}`, n % 2 ? auth.url : other.url)),
  );
  assert.deepEqual(tally(answers), { '201': 2, '429 too-many-requests': 6 });
  const waitS = Number(answers.find(({ status }) => status === 429)!.headers.get('retry-after'));
  assert.ok(waitS > LIMITS.registrationsWindowS - 60 && waitS <= LIMITS.registrationsWindowS, String(waitS));
  const counter = async () =>
    (await auth.rows.query('select * from attempts where key = $1', [`registration:${from}`])).rows;
  const before = await counter();
  assert.equal(outcomeOf(await register('late', auth.url)), '429 too-many-requests');
  assert.deepEqual([before.length, await counter()], [1, before]);
  assert.equal(outcomeOf(await register('elsewhere', auth.url, newAddress())), '201');
});
