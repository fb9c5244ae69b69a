/** Which tokens are accepted, and how keys are replaced. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Problem } from '../../../lib/http/problem.ts';
import { claimsToBeService, createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { publicJwk } from '../../../lib/http/signed-tokens.ts';
import { bearerToken, createLocalTokenVerifier, createTokenVerifier, signUserToken } from '../../../lib/http/tokens.ts';
import {
  USER,
  minutes,
  secondWorkerKey,
  service,
  serviceKeys,
  signed,
  startVerifier,
  strangersKey,
  userKey,
  workerKey,
} from '../../support/requests/tokens.ts';

const { verify, url, close } = await startVerifier();
after(close);

test('a token signed by auth identifies its user', async () => {
  assert.deepEqual(await verify(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
});

test('a token signed by a role identifies the role', async () => {
  assert.deepEqual(await verify(createServiceTokens('worker', workerKey, 'orders')()), {
    kind: 'service',
    name: 'worker',
  });
});

test("while a role's key is replaced, tokens of both keys identify the role, with or without a number in the key id", async () => {
  for (const token of [
    createServiceTokens('worker', secondWorkerKey, 'orders')(),
    signed(service, { key: workerKey, keyid: 'worker-2' }),
    signed(service, { key: secondWorkerKey, keyid: 'worker-2' }),
  ]) {
    assert.deepEqual(await verify(token), { kind: 'service', name: 'worker' });
  }
  const later = createTokenVerifier({
    role: 'orders',
    jwksUrl: url,
    serviceKeys: { keys: [publicJwk(secondWorkerKey, 'worker-2')] },
  });
  assert.deepEqual(await later(createServiceTokens('worker', secondWorkerKey, 'orders')()), {
    kind: 'service',
    name: 'worker',
  });
  assert.equal(await later(createServiceTokens('worker', workerKey, 'orders')()), undefined);
});

test("auth's own verifier accepts only the tokens of users", async () => {
  const local = createLocalTokenVerifier(async () => ({ keys: [publicJwk(userKey, 'users-key')] }));
  assert.deepEqual(await local(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
  assert.equal(await local(createServiceTokens('worker', workerKey, 'orders')()), undefined);
});

test('published keys may have members, and be of kinds, that only a newer release knows', async () => {
  const keys = [
    { kid: 'next', kty: 'NEW' },
    { ...publicJwk(userKey, 'users-key'), 'x-rotated': { at: 'now' } },
  ];
  const local = createLocalTokenVerifier(async () => ({ keys }));
  assert.deepEqual(await local(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
  assert.equal(await local(signUserToken(userKey, 'next', USER)), undefined);
});

test('if the public keys have never been read, verifying a user token fails as unavailable, and role tokens still work', async () => {
  const withoutKeys = createTokenVerifier({
    role: 'orders',
    jwksUrl: 'http://127.0.0.1:1/.well-known/jwks.json',
    serviceKeys,
  });
  await assert.rejects(
    withoutKeys(signUserToken(userKey, 'users-key', USER)),
    (error) => error instanceof Problem && error.kind === 'unavailable',
  );
  assert.deepEqual(await withoutKeys(createServiceTokens('worker', workerKey, 'orders')()), {
    kind: 'service',
    name: 'worker',
  });
});

test('if the public keys can no longer be read, cached keys stay in use and unknown keys fail as unavailable', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const auth = await startVerifier();
  assert.ok(await auth.verify(signUserToken(userKey, 'users-key', USER)));
  await auth.close();
  t.mock.timers.tick(3_600_000);
  assert.deepEqual(await auth.verify(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
  assert.equal(await auth.verify(signUserToken(strangersKey, 'users-key', USER)), undefined);
  await assert.rejects(
    auth.verify(signUserToken(userKey, 'next-key', USER)),
    (error) => error instanceof Problem && error.kind === 'unavailable',
  );
});

test('after the clock is set back, a role signs a new token that is valid now', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 600_000 });
  const tokenOf = createServiceTokens('worker', workerKey, 'orders');
  assert.equal(tokenOf(), tokenOf());
  const early = tokenOf();
  t.mock.timers.setTime(Date.now() - 600_000);
  assert.equal(await verify(early), undefined);
  assert.deepEqual(await verify(tokenOf()), { kind: 'service', name: 'worker' });
});

test('an invalid signing key stops the start', () => {
  assert.throws(() => createServiceTokens('worker', 'no key', 'orders'));
});

test('an unverified token shows whether it claims to be from a role', () => {
  assert.deepEqual(
    [createServiceTokens('worker', workerKey, 'orders')(), signed(minutes(5)), 'garbage', 'a.b.c'].map(
      claimsToBeService,
    ),
    [true, false, false, false],
  );
});

test('the Authorization header is read only in the form of a bearer token', () => {
  assert.deepEqual(
    ['Bearer a.b.c', 'bearer a.b.c', 'Basic a.b.c', 'Bearer a b', 'Bearer', '', 'a.b.c'].map(bearerToken),
    ['a.b.c', 'a.b.c', undefined, undefined, undefined, undefined, undefined],
  );
});
