/** Tokens that the verifier rejects. */
import assert from 'node:assert/strict';
import { createPublicKey, sign } from 'node:crypto';
import { after, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { publicJwk } from '../../../lib/http/signed-tokens.ts';
import {
  USER,
  claims,
  encoded,
  minutes,
  nowS,
  plain,
  sealed,
  secondWorkerKey,
  service,
  signed,
  startVerifier,
  strangersKey,
  userKey,
  workerKey,
} from '../../support/requests/tokens.ts';

const { verify, close } = await startVerifier();
after(close);

const without = (name: string) => Object.fromEntries(Object.entries(minutes(5)).filter(([each]) => each !== name));
const [head, body, signature] = signed(minutes(5)).split('.') as [string, string, string];
const der = sign('sha256', Buffer.from(`${head}.${body}`), userKey).toString('base64url');
/** The same signature, but with other bits in the last base64 character: four of its six bits are unused. */
const otherBits = signature.slice(0, -1) + { A: 'B', Q: 'R', g: 'h', w: 'x' }[signature.at(-1)!];

test('the unmodified claims and headers of the rejected tokens below are accepted', async () => {
  for (const token of [signed(minutes(5)), sealed(plain)])
    assert.deepEqual(await verify(token), { kind: 'user', id: USER });
  assert.deepEqual(await verify(sealed({ ...plain, kid: 'worker' }, { ...service, iat: nowS }, workerKey)), {
    kind: 'service',
    name: 'worker',
  });
});

const rejected: Record<string, string> = {
  'that has expired': signed(minutes(-1)),
  'without an expiry': signed(claims),
  'whose expiry is a string': sealed(plain, { ...minutes(5), iat: nowS, exp: String(nowS + 300) }),
  'that is not valid yet': signed({ ...minutes(5), nbf: nowS + 120 }),
  'that was issued in the future': signed({ ...minutes(9), iat: nowS + 120 }),
  'that is older than the longest valid token': signed({ ...minutes(60), iat: nowS - 600 }),
  'that has just become too old': signed({ ...minutes(60), iat: nowS - 305 }),
  'whose issue time is a string': sealed(plain, { ...minutes(5), iat: 'now' }),
  'for another audience': signed({ ...minutes(5), aud: 'another' }),
  'for other audiences': signed({ ...minutes(5), aud: ['another', 'order-saga '] }),
  'whose audiences include ours': signed({ ...minutes(5), aud: ['order-saga', 'another'] }),
  'without an audience': signed(without('aud')),
  'from another issuer': signed({ ...minutes(5), iss: 'another' }),
  'whose issuer is a list': sealed(plain, { ...minutes(5), iat: nowS, iss: ['order-saga/auth'] }),
  'without an issuer': signed(without('iss')),
  'without a subject': signed(without('sub')),
  'with an empty subject': signed({ ...minutes(5), sub: '' }),
  'whose subject is a number': sealed(plain, { ...minutes(5), iat: nowS, sub: 1 }),
  'whose subject is not a user id': signed({ ...minutes(5), sub: 'worker' }),
  'whose subject is a user id in upper case': signed({ ...minutes(5), sub: USER.toUpperCase() }),
  'whose subject has a trailing space': signed({ ...minutes(5), sub: `${USER} ` }),
  'whose subject is a list': sealed(plain, { ...minutes(5), iat: nowS, sub: [USER] }),
  'without an id': signed(without('jti')),
  'without an issue time': signed(minutes(5), { noTimestamp: true }),
  'with the algorithm none': jwt.sign(minutes(5), '', { algorithm: 'none', keyid: 'users-key' }),
  'with the algorithm none and a signature': `${encoded({ ...plain, alg: 'none' })}.${body}.${signature}`,
  'with the algorithm nOnE': sealed({ ...plain, alg: 'nOnE' }),
  'with the algorithm in lower case': sealed({ ...plain, alg: 'es256' }),
  'with another algorithm of the same family': sealed({ ...plain, alg: 'ES384' }),
  'without an algorithm': sealed({ typ: 'JWT', kid: 'users-key' }),
  'signed with the public key as an HMAC secret': hmacBy(
    createPublicKey(userKey).export({ type: 'spki', format: 'pem' }) as string,
  ),
  'signed with the published JWK as an HMAC secret': hmacBy(JSON.stringify(publicJwk(userKey, 'users-key'))),
  'signed with an unknown key under the id of ours': signed(minutes(5), { key: strangersKey }),
  'that contains its own key': sealed({ ...plain, jwk: publicJwk(strangersKey, 'users-key') }, undefined, strangersKey),
  'that contains the URL of its key': sealed(
    { ...plain, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' },
    undefined,
    strangersKey,
  ),
  'with an unsupported critical header': sealed({ ...plain, crit: ['exp'] }),
  'with a critical header that libraries support': sealed({ ...plain, crit: ['b64'], b64: true }),
  'whose key id is not published': signed(minutes(5), { keyid: 'another-key' }),
  'whose key id is a path': signed(minutes(5), { keyid: '../../dev/null' }),
  'whose key id is a list': sealed({ ...plain, kid: ['users-key'] }),
  'whose key id is empty': sealed({ ...plain, kid: '' }),
  'whose key id is a property of every object': sealed({ ...plain, kid: '__proto__' }),
  'without a key id': sealed({ alg: 'ES256', typ: 'JWT' }),
  'whose payload was changed': `${head}.${encoded({ ...minutes(5), sub: 'another' })}.${signature}`,
  'whose header was changed': `${encoded({ ...plain, typ: 'at+jwt' })}.${body}.${signature}`,
  'with a repeated expiry': sealed(plain, twice({ exp: nowS - 60 })),
  'with a repeated subject': sealed(plain, twice({ sub: '' })),
  'with a repeated audience': sealed(plain, twice({ aud: 'another' })),
  'with a repeated algorithm': sealed(JSON.stringify(plain).replace('}', ',"alg":"none"}')),
  'that contains a certificate chain': sealed({ ...plain, x5c: [] }, undefined, strangersKey),
  'whose payload is not JSON': sealed(plain, 'garbage'),
  'whose payload is a list': sealed(plain, [minutes(5)]),
  'whose payload is null': sealed(plain, 'null'),
  'whose header is not JSON': `${encoded('garbage')}.${body}.${signature}`,
  'whose header is null': `${encoded('null')}.${body}.${signature}`,
  'whose signature is truncated': `${head}.${body}.${signature.slice(0, 20)}`,
  'whose signature is empty': `${head}.${body}.`,
  'whose signature is all zeros': `${head}.${body}.${'A'.repeat(86)}`,
  'whose signature is in DER format': `${head}.${body}.${der}`,
  'whose signature has different unused bits': `${head}.${body}.${otherBits}`,
  'with trailing padding': `${head}.${body}.${signature}==`,
  'with a trailing line break': `${head}.${body}.${signature}\n`,
  'with a leading space': ` ${head}.${body}.${signature}`,
  'with Unicode dots': `${head}\u2024${body}\u2024${signature}`,
  'with an invisible character': `${head}.${body}\u200b.${signature}`,
  'of one megabyte': `${head}.${'A'.repeat(2 ** 20)}.${signature}`,
  'whose payload is padded': `${head}.${body}=.${signature}`,
  'with a fourth part': `${head}.${body}.${signature}.${signature}`,
  'that is encrypted': Array(5).fill(head).join('.'),
  'that is one word': 'garbage',
  'that is empty': '',
  'that is only dots': '..',
  'of a user, signed by a role': signed(minutes(5), { key: workerKey, keyid: 'worker' }),
  'of a role, signed by auth': signed(service),
  "of a role, signed by auth under the role's key id": signed(service, { keyid: 'worker' }),
  'of another role, signed by a role': signed({ ...service, sub: 'auditor' }, { key: workerKey, keyid: 'worker' }),
  'whose subject is the id of a second key of the role': signed(
    { ...service, sub: 'worker-2' },
    { key: secondWorkerKey, keyid: 'worker-2' },
  ),
  "of another role, signed by a role under the other role's key id": signed(
    { ...service, sub: 'auditor' },
    { key: workerKey, keyid: 'auditor' },
  ),
  'of an unknown role': signed({ ...service, sub: 'root' }, { key: workerKey, keyid: 'root' }),
  'of a role for another audience': signed({ ...service, aud: 'another' }, { key: workerKey, keyid: 'worker' }),
  'of a role for the audience of users': signed({ ...service, aud: 'order-saga' }, { key: workerKey, keyid: 'worker' }),
  'of a role for several roles': signed(
    { ...service, aud: ['orders', 'billing'] },
    { key: workerKey, keyid: 'worker' },
  ),
  'of a role, whose only audience is in a list': signed(
    { ...service, aud: ['orders'] },
    { key: workerKey, keyid: 'worker' },
  ),
  'of a user for the audience of a role': signed({ ...minutes(5), aud: 'orders' }),
  'of a role, after its expiry': signed({ ...service, exp: nowS - 60 }, { key: workerKey, keyid: 'worker' }),
  "of a role, signed with the role's public key as an HMAC secret": hmacBy(
    createPublicKey(workerKey).export({ type: 'spki', format: 'pem' }) as string,
    'worker',
    service,
  ),
  'of a role, older than the longest valid one': signed(
    { ...service, iat: nowS - 120, exp: nowS + 60 },
    { key: workerKey, keyid: 'worker' },
  ),
};

for (const [why, token] of Object.entries(rejected)) {
  test(`a token ${why} is rejected`, async () => assert.equal(await verify(token), undefined));
}

test('there are at least eighty rejected tokens, all different', () => {
  const tokens = Object.values(rejected);
  assert.deepEqual([tokens.length >= 80, new Set(tokens).size], [true, tokens.length]);
});

/** A token that is valid only for a verifier that takes the public key for an HMAC secret. */
function hmacBy(secret: string, keyid = 'users-key', payload: object = minutes(5)): string {
  return jwt.sign(payload, Buffer.from(secret), { algorithm: 'HS256', keyid });
}

/** Claims as JSON in which `claim` appears a second time, with a wrong value. Parsers keep the second one. */
function twice(claim: object): string {
  return JSON.stringify({ ...minutes(5), iat: nowS }).replace('}', `,${JSON.stringify(claim).slice(1)}`);
}
