/** Cost of requests before and while their password is hashed, with real hashes and a real Postgres. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { authApi } from '../../../api/auth/app.ts';
import { createPasswords, type Passwords } from '../../../api/auth/passwords.ts';
import { eventually } from '../../support/eventually.ts';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { PASSWORD, startAuth } from '../../support/shop/auth.ts';
import { WRONG, atOnce, loginFrom, newAddress, postFrom, tally } from '../../support/shop/logins.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const real = await createPasswords();
const hashedFor: string[] = [];
const passwords: Passwords = {
  ...real,
  hash: (password, origin) => {
    hashedFor.push(origin.address);
    return real.hash(password, origin);
  },
  matches: (password, hash, origin) => {
    hashedFor.push(origin.address);
    return real.matches(password, hash, origin);
  },
};
const auth = await startAuth({ passwords });
after(() => auth.close());

test('while one address sends 60 logins at once, a login from another is among the next', async () => {
  const { credentials } = await auth.register();
  const [busy, home] = [newAddress(), newAddress()];
  let answered = 0;
  hashedFor.length = 0;
  const flood = atOnce(60, async (n) => {
    const answer = await loginFrom(busy, auth.url, `nobody-${n}`, WRONG);
    answered += 1;
    return answer;
  });
  // Each request of the flood is now in the queue, or was refused because the queue was full.
  await eventually(() => assert.equal(hashedFor.length, 60));
  const before = answered;
  assert.equal(outcomeOf(await loginFrom(home, auth.url, credentials.username)), '200');
  const overtaken = answered - before;
  assert.ok(overtaken < 20, `${overtaken} logins of the flood were answered first`);
  for (const outcome of Object.keys(tally(await flood))) assert.match(outcome, /^(403 wrong-cred|503 unavail)/);
});

test('a registration of a taken name costs no hash', async () => {
  const { credentials } = await auth.register('taken');
  hashedFor.length = 0;
  for (const username of ['taken', 'TAKEN'])
    assert.equal(
      outcomeOf(await postFrom(newAddress(), 'register', auth.url, { ...credentials, username })),
      '409 username-taken',
    );
  assert.deepEqual(hashedFor, []);
});

test('if concurrent registrations of one name all find it free, one of them succeeds', async (t) => {
  const together = Promise.withResolvers<void>();
  let waiting = 0;
  const slow = await serveQuietly(
    'auth',
    authApi({
      ...auth.options,
      passwords: {
        ...passwords,
        async hash(password, origin) {
          if (++waiting === 5) together.resolve();
          await together.promise;
          return passwords.hash(password, origin);
        },
      },
    }),
  );
  t.after(() => slow.close());
  const body = { username: 'contended', password: PASSWORD };
  const answers = await atOnce(5, () => postFrom(newAddress(), 'register', slow.url, body));
  assert.deepEqual(tally(answers), { '201': 1, '409 username-taken': 4 });
});

test('registrations, logins and changes of the password wait in the queue of their address', async () => {
  const [one, two, three] = [newAddress(), newAddress(), newAddress()];
  hashedFor.length = 0;
  const credentials = { username: 'traveller', password: PASSWORD };
  await postFrom(one, 'register', auth.url, credentials);
  const { body } = await postFrom(two, 'token', auth.url, credentials);
  const response = await fetch(`${auth.url}/auth/password`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      'x-forwarded-for': three,
      authorization: `Bearer ${body.access_token as string}`,
    },
    body: JSON.stringify({ current: PASSWORD, next: 'a better horse' }),
  });
  assert.equal(response.status, 204);
  assert.deepEqual(hashedFor, [one, two, three, three]);
});
