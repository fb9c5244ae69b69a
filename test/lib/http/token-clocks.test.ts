/** Tokens of a machine whose clock differs from the verifier's. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createServiceTokens } from '../../../lib/http/service-tokens.ts';
import { signUserToken } from '../../../lib/http/tokens.ts';
import { withClock } from '../../support/clock.ts';
import { USER, minutes, nowS, signed, startVerifier, userKey, workerKey } from '../../support/requests/tokens.ts';

const { verify, close } = await startVerifier();
after(close);

const user = { kind: 'user', id: USER };
const worker = { kind: 'service', name: 'worker' };

for (const seconds of [-58, -30, -6, 6, 30, 58]) {
  test(`a fresh token is accepted if the clock of its signer is off by ${seconds} s`, async () => {
    assert.deepEqual(await verify(withClock(seconds, () => signUserToken(userKey, 'users-key', USER))), user);
    assert.deepEqual(await verify(withClock(seconds, createServiceTokens('worker', workerKey, 'orders'))), worker);
  });
}

test('a role uses its token for so short a time that a verifier one minute ahead still accepts it', async () => {
  assert.deepEqual(await verify(withClock(-58 - 29, createServiceTokens('worker', workerKey, 'orders'))), worker);
});

test('a token from a clock further ahead than the tolerance is refused', async () => {
  assert.equal(await verify(withClock(65, () => signUserToken(userKey, 'users-key', USER))), undefined);
  assert.equal(await verify(withClock(65, createServiceTokens('worker', workerKey, 'orders'))), undefined);
  assert.deepEqual(await verify(signed({ ...minutes(5), nbf: nowS + 30 })), user);
  assert.equal(await verify(signed({ ...minutes(5), nbf: nowS + 90 })), undefined);
});

test('the tolerance does not prolong a token further', async () => {
  assert.equal(await verify(withClock(-305, () => signUserToken(userKey, 'users-key', USER))), undefined);
  assert.equal(await verify(withClock(-120, createServiceTokens('worker', workerKey, 'orders'))), undefined);
  assert.equal(await verify(signed({ ...minutes(0), exp: nowS - 61 })), undefined);
});
