/** What is taken for a token, and what is not. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { after, test } from 'node:test';
import jwt, { type SignOptions } from 'jsonwebtoken';
import { Problem } from '../lib/problem.ts';
import { bearerToken, createLocalTokenVerifier, createServiceTokens, createTokenVerifier, publicJwk, saysService, signUserToken } from '../lib/tokens.ts';
import { serveQuietly } from './support/service.ts';

const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
    .privateKey;
const USER = '0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e';
const userKey = newKey();
const workerKey = newKey();
const strangersKey = newKey();

const jwks = await serveQuietly('auth', [(ctx) => void (ctx.body = { keys: [publicJwk(userKey, 'users-key')] })]);
after(() => jwks.close());
const serviceKeys = { keys: [publicJwk(workerKey, 'worker'), publicJwk(strangersKey, 'auditor')] } as never;
const verify = createTokenVerifier({ jwksUrl: `${jwks.url}/.well-known/jwks.json`, serviceKeys });

test('a token of auth speaks for its user', async () => {
  assert.deepEqual(await verify(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
});

test('a token that a role signed speaks for the role', async () => {
  assert.deepEqual(await verify(createServiceTokens('worker', workerKey)()), { kind: 'service', name: 'worker' });
});

test('the role that publishes the keys takes the tokens of users only', async () => {
  const local = createLocalTokenVerifier(async () => ({ keys: [publicJwk(userKey, 'users-key')] }));
  assert.deepEqual(await local(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
  assert.equal(await local(createServiceTokens('worker', workerKey)()), undefined);
});

const claims = { sub: USER, iss: 'order-saga/auth', aud: 'order-saga', jti: 'x' };
const minutes = (n: number) => ({ ...claims, exp: Math.floor(Date.now() / 1000) + n * 60 });
const signed = (payload: object, { key = userKey, ...options }: SignOptions & { key?: string } = {}) =>
  jwt.sign(payload, key, { algorithm: 'ES256', keyid: 'users-key', ...options });
const without = (name: string) => Object.fromEntries(Object.entries(minutes(5)).filter(([each]) => each !== name));
const encoded = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const [head, body, signature] = signed(minutes(5)).split('.') as [string, string, string];

test('the claims that the refusals below start from would be taken', async () => {
  assert.deepEqual(await verify(signed(minutes(5))), { kind: 'user', id: USER });
});

const refused: Record<string, string> = {
  'that has expired': signed(minutes(-1)),
  'without an expiry': signed(claims),
  'that is not valid yet': signed({ ...minutes(5), nbf: Math.floor(Date.now() / 1000) + 120 }),
  'for another audience': signed({ ...minutes(5), aud: 'somebody-else' }),
  'without an audience': signed(without('aud')),
  'of another issuer': signed({ ...minutes(5), iss: 'somebody-else' }),
  'without a subject': signed(without('sub')),
  'without an id': signed(without('jti')),
  'without an issue time': signed(minutes(5), { noTimestamp: true }),
  'that nobody signed': jwt.sign(minutes(5), '', { algorithm: 'none', keyid: 'users-key' }),
  'that says none and keeps a signature': `${encoded({ alg: 'none', typ: 'JWT', kid: 'users-key' })}.${body}.${signature}`,
  'signed with the public key as a secret': hmacBy(createPublicKey(userKey).export({ type: 'spki', format: 'pem' }) as string),
  'signed by a stranger under the name of our key': signed(minutes(5), { key: strangersKey }),
  'of a key that is not published': signed(minutes(5), { keyid: 'another-key' }),
  'without the name of a key': `${encoded({ alg: 'ES256', typ: 'JWT' })}.${body}.${signature}`,
  'whose payload was changed': `${head}.${encoded({ ...minutes(5), sub: 'somebody-else' })}.${signature}`,
  'whose payload is no JSON': `${head}.${encoded('garbage')}.${signature}`,
  'whose head is no JSON': `${encoded('garbage')}.${body}.${signature}`,
  'whose signature is cut': `${head}.${body}.${signature.slice(0, 20)}`,
  'of one word': 'garbage',
  'of nothing': '',
  'by which a role speaks for a user': signed(minutes(5), { key: workerKey, keyid: 'worker' }),
  'by which auth speaks for a role': signed({ ...minutes(5), sub: 'worker', iss: 'order-saga/service' }),
  'by which a role speaks for another one': signed({ ...minutes(1), sub: 'auditor', iss: 'order-saga/service' }, { key: workerKey, keyid: 'worker' }),
};

for (const [why, token] of Object.entries(refused)) {
  test(`a token ${why} proves nothing`, async () => assert.equal(await verify(token), undefined));
}

test('while the public keys cannot be read nobody is known, and nobody is refused either', async () => {
  const away = createTokenVerifier({ jwksUrl: 'http://127.0.0.1:1/.well-known/jwks.json', serviceKeys });
  await assert.rejects(away(signUserToken(userKey, 'users-key', USER)), (error) => error instanceof Problem && error.kind === 'unavailable');
  assert.deepEqual(await away(createServiceTokens('worker', workerKey)()), { kind: 'service', name: 'worker' });
});

test('a key that cannot sign ends the start', () => {
  assert.throws(() => createServiceTokens('worker', 'no key'));
});

test('a token says whether it is of a role, and nothing of it is believed but that', () => {
  assert.deepEqual([createServiceTokens('worker', workerKey)(), signed(minutes(5)), 'garbage', 'a.b.c'].map(saysService), [true, false, false, false]);
});

test('only a bearer token is read from the header', () => {
  assert.deepEqual(['Bearer a.b.c', 'bearer a.b.c', 'Basic a.b.c', 'Bearer a b', 'Bearer', '', 'a.b.c'].map(bearerToken), [
    'a.b.c',
    'a.b.c',
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

/** A token whose verifier would have to be talked into taking the public key for a shared secret. */
function hmacBy(secret: string): string {
  return jwt.sign(minutes(5), Buffer.from(secret), { algorithm: 'HS256', keyid: 'users-key' });
}
