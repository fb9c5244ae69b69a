/** What is taken for a token. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Problem } from '../lib/problem.ts';
import {
  bearerToken,
  createLocalTokenVerifier,
  createServiceTokens,
  createTokenVerifier,
  publicJwk,
  saysService,
  signUserToken,
} from '../lib/tokens.ts';
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
} from './support/tokens.ts';

const { verify, url, close } = await startVerifier();
after(close);

test('a token of auth speaks for its user', async () => {
  assert.deepEqual(await verify(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
});

test('a token that a role signed speaks for the role', async () => {
  assert.deepEqual(await verify(createServiceTokens('worker', workerKey)()), { kind: 'service', name: 'worker' });
});

test('while the key of a role is replaced, tokens of the old one and of the new one speak for it, be a number added to its name or not', async () => {
  for (const token of [
    createServiceTokens('worker', secondWorkerKey)(),
    signed(service, { key: workerKey, keyid: 'worker-2' }),
    signed(service, { key: secondWorkerKey, keyid: 'worker-2' }),
  ]) {
    assert.deepEqual(await verify(token), { kind: 'service', name: 'worker' });
  }
  // Afterwards the old one proves nothing any more.
  const later = createTokenVerifier({ jwksUrl: url, serviceKeys: { keys: [publicJwk(secondWorkerKey, 'worker-2')] } });
  assert.deepEqual(await later(createServiceTokens('worker', secondWorkerKey)()), { kind: 'service', name: 'worker' });
  assert.equal(await later(createServiceTokens('worker', workerKey)()), undefined);
});

test('the role that publishes the keys takes the tokens of users only', async () => {
  const local = createLocalTokenVerifier(async () => ({ keys: [publicJwk(userKey, 'users-key')] }));
  assert.deepEqual(await local(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
  assert.equal(await local(createServiceTokens('worker', workerKey)()), undefined);
});

test('while the public keys cannot be read nobody is known, and nobody is refused either', async () => {
  const away = createTokenVerifier({ jwksUrl: 'http://127.0.0.1:1/.well-known/jwks.json', serviceKeys });
  await assert.rejects(
    away(signUserToken(userKey, 'users-key', USER)),
    (error) => error instanceof Problem && error.kind === 'unavailable',
  );
  assert.deepEqual(await away(createServiceTokens('worker', workerKey)()), { kind: 'service', name: 'worker' });
});

test('while the public keys cannot be read any more, those that were read are used on, and of others nothing is known', async (t) => {
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

test('after a clock was set back a role makes a token that is valid by it', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 600_000 });
  const tokenOf = createServiceTokens('worker', workerKey);
  assert.equal(tokenOf(), tokenOf());
  const early = tokenOf();
  t.mock.timers.setTime(Date.now() - 600_000);
  assert.equal(await verify(early), undefined);
  assert.deepEqual(await verify(tokenOf()), { kind: 'service', name: 'worker' });
});

test('a key that cannot sign ends the start', () => {
  assert.throws(() => createServiceTokens('worker', 'no key'));
});

test('a token says whether it is of a role, and nothing of it is believed but that', () => {
  assert.deepEqual(
    [createServiceTokens('worker', workerKey)(), signed(minutes(5)), 'garbage', 'a.b.c'].map(saysService),
    [true, false, false, false],
  );
});

test('only a bearer token is read from the header', () => {
  assert.deepEqual(
    ['Bearer a.b.c', 'bearer a.b.c', 'Basic a.b.c', 'Bearer a b', 'Bearer', '', 'a.b.c'].map(bearerToken),
    ['a.b.c', 'a.b.c', undefined, undefined, undefined, undefined, undefined],
  );
});
