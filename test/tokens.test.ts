/** What is taken for a token, and what is not. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { after, test } from 'node:test';
import type { JSONWebKeySet } from 'jose';
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
/** That of a role whose key is being replaced. */
const secondWorkerKey = newKey();

const jwks = await serveQuietly('auth', [(ctx) => void (ctx.body = { keys: [publicJwk(userKey, 'users-key')] })]);
after(() => jwks.close());
const serviceKeys = { keys: [publicJwk(workerKey, 'worker'), publicJwk(secondWorkerKey, 'worker-2'), publicJwk(strangersKey, 'auditor')] } as JSONWebKeySet;
const verify = createTokenVerifier({ jwksUrl: `${jwks.url}/.well-known/jwks.json`, serviceKeys });

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
  const later = createTokenVerifier({ jwksUrl: jwks.url, serviceKeys: { keys: [publicJwk(secondWorkerKey, 'worker-2')] } });
  assert.deepEqual(await later(createServiceTokens('worker', secondWorkerKey)()), { kind: 'service', name: 'worker' });
  assert.equal(await later(createServiceTokens('worker', workerKey)()), undefined);
});

test('the role that publishes the keys takes the tokens of users only', async () => {
  const local = createLocalTokenVerifier(async () => ({ keys: [publicJwk(userKey, 'users-key')] }));
  assert.deepEqual(await local(signUserToken(userKey, 'users-key', USER)), { kind: 'user', id: USER });
  assert.equal(await local(createServiceTokens('worker', workerKey)()), undefined);
});

const nowS = Math.floor(Date.now() / 1000);
const claims = { sub: USER, iss: 'order-saga/auth', aud: 'order-saga', jti: 'x' };
const minutes = (n: number) => ({ ...claims, exp: nowS + n * 60 });
const service = { ...minutes(1), sub: 'worker', iss: 'order-saga/service' };
const signed = (payload: object, { key = userKey, ...options }: SignOptions & { key?: string } = {}) =>
  jwt.sign(payload, key, { algorithm: 'ES256', keyid: 'users-key', ...options });
const without = (name: string) => Object.fromEntries(Object.entries(minutes(5)).filter(([each]) => each !== name));
const encoded = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
/** With a signature that is right for whatever head and payload it has. */
const sealed = (headers: unknown, payload: unknown = { ...minutes(5), iat: nowS }, key = userKey) => {
  const text = `${encoded(headers)}.${encoded(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};
const plain = { alg: 'ES256', typ: 'JWT', kid: 'users-key' };
const [head, body, signature] = signed(minutes(5)).split('.') as [string, string, string];
const der = sign('sha256', Buffer.from(`${head}.${body}`), userKey).toString('base64url');
/** The last of its characters stands for four bits that are none of the signature's. */
const otherBits = signature.slice(0, -1) + { A: 'B', Q: 'R', g: 'h', w: 'x' }[signature.at(-1)!];

test('the claims and heads that the refusals below start from would be taken', async () => {
  for (const token of [signed(minutes(5)), sealed(plain)]) assert.deepEqual(await verify(token), { kind: 'user', id: USER });
  assert.deepEqual(await verify(sealed({ ...plain, kid: 'worker' }, { ...service, iat: nowS }, workerKey)), { kind: 'service', name: 'worker' });
});

const refused: Record<string, string> = {
  'that has expired': signed(minutes(-1)),
  'without an expiry': signed(claims),
  'whose expiry is a text': sealed(plain, { ...minutes(5), iat: nowS, exp: String(nowS + 300) }),
  'that is not valid yet': signed({ ...minutes(5), nbf: nowS + 120 }),
  'that was issued in the future': signed({ ...minutes(9), iat: nowS + 120 }),
  'that is older than any that is made, whatever its expiry': signed({ ...minutes(60), iat: nowS - 600 }),
  'whose issue time is a text': sealed(plain, { ...minutes(5), iat: 'now' }),
  'for another audience': signed({ ...minutes(5), aud: 'somebody-else' }),
  'for other audiences': signed({ ...minutes(5), aud: ['somebody-else', 'order-saga '] }),
  'without an audience': signed(without('aud')),
  'of another issuer': signed({ ...minutes(5), iss: 'somebody-else' }),
  'of several issuers': sealed(plain, { ...minutes(5), iat: nowS, iss: ['order-saga/auth'] }),
  'without an issuer': signed(without('iss')),
  'without a subject': signed(without('sub')),
  'of an empty subject': signed({ ...minutes(5), sub: '' }),
  'whose subject is a number': sealed(plain, { ...minutes(5), iat: nowS, sub: 1 }),
  'whose subject is a list': sealed(plain, { ...minutes(5), iat: nowS, sub: [USER] }),
  'without an id': signed(without('jti')),
  'without an issue time': signed(minutes(5), { noTimestamp: true }),
  'that nobody signed': jwt.sign(minutes(5), '', { algorithm: 'none', keyid: 'users-key' }),
  'that says none and keeps a signature': `${encoded({ ...plain, alg: 'none' })}.${body}.${signature}`,
  'that says nOnE': sealed({ ...plain, alg: 'nOnE' }),
  'of the right algorithm in small letters': sealed({ ...plain, alg: 'es256' }),
  'of another algorithm of the same kind': sealed({ ...plain, alg: 'ES384' }),
  'of no algorithm': sealed({ typ: 'JWT', kid: 'users-key' }),
  'signed with the public key as a secret': hmacBy(createPublicKey(userKey).export({ type: 'spki', format: 'pem' }) as string),
  'signed with the published key as a secret': hmacBy(JSON.stringify(publicJwk(userKey, 'users-key'))),
  'signed by a stranger under the name of our key': signed(minutes(5), { key: strangersKey }),
  'that brings its own key': sealed({ ...plain, jwk: publicJwk(strangersKey, 'users-key') }, undefined, strangersKey),
  'that says where its key is': sealed({ ...plain, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' }, undefined, strangersKey),
  'that insists on what is not known here': sealed({ ...plain, crit: ['exp'] }),
  'of a key that is not published': signed(minutes(5), { keyid: 'another-key' }),
  'of a key whose name is a path': signed(minutes(5), { keyid: '../../dev/null' }),
  'of a key whose name is a list': sealed({ ...plain, kid: ['users-key'] }),
  'of a key whose name is empty': sealed({ ...plain, kid: '' }),
  'of a key whose name every object has': sealed({ ...plain, kid: '__proto__' }),
  'without the name of a key': sealed({ alg: 'ES256', typ: 'JWT' }),
  'whose payload was changed': `${head}.${encoded({ ...minutes(5), sub: 'somebody-else' })}.${signature}`,
  'whose head was changed': `${encoded({ ...plain, typ: 'at+jwt' })}.${body}.${signature}`,
  'whose payload is no JSON': sealed(plain, 'garbage'),
  'whose payload is a list': sealed(plain, [minutes(5)]),
  'whose payload is null': sealed(plain, 'null'),
  'whose head is no JSON': `${encoded('garbage')}.${body}.${signature}`,
  'whose head is null': `${encoded('null')}.${body}.${signature}`,
  'whose signature is cut': `${head}.${body}.${signature.slice(0, 20)}`,
  'whose signature is empty': `${head}.${body}.`,
  'whose signature is all zeros': `${head}.${body}.${'A'.repeat(86)}`,
  'whose signature is in another form': `${head}.${body}.${der}`,
  'whose signature is written in another way': `${head}.${body}.${otherBits}`,
  'with something behind it': `${head}.${body}.${signature}==`,
  'with a line behind it': `${head}.${body}.${signature}\n`,
  'with a fourth part': `${head}.${body}.${signature}.${signature}`,
  'that is encrypted': Array(5).fill(head).join('.'),
  'of one word': 'garbage',
  'of nothing': '',
  'of dots': '..',
  'by which a role speaks for a user': signed(minutes(5), { key: workerKey, keyid: 'worker' }),
  'by which auth speaks for a role': signed(service),
  'by which auth speaks for a role under the name of its key': signed(service, { keyid: 'worker' }),
  'by which a role speaks for another one': signed({ ...service, sub: 'auditor' }, { key: workerKey, keyid: 'worker' }),
  'by which a role speaks for its second key': signed({ ...service, sub: 'worker-2' }, { key: secondWorkerKey, keyid: 'worker-2' }),
  'by which a role speaks under the name of another one': signed({ ...service, sub: 'auditor' }, { key: workerKey, keyid: 'auditor' }),
  'of a role that is older than any that is made': signed({ ...service, iat: nowS - 120, exp: nowS + 60 }, { key: workerKey, keyid: 'worker' }),
};

for (const [why, token] of Object.entries(refused)) {
  test(`a token ${why} proves nothing`, async () => assert.equal(await verify(token), undefined));
}

test('there are more than forty tokens that prove nothing', () => assert.ok(new Set(Object.values(refused)).size > 40));

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
