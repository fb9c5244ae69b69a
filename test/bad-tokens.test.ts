/** Tokens that prove nothing. */
import assert from 'node:assert/strict';
import { createPublicKey, sign } from 'node:crypto';
import { after, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { publicJwk } from '../lib/tokens.ts';
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
} from './support/tokens.ts';

const { verify, close } = await startVerifier();
after(close);

const without = (name: string) => Object.fromEntries(Object.entries(minutes(5)).filter(([each]) => each !== name));
const [head, body, signature] = signed(minutes(5)).split('.') as [string, string, string];
const der = sign('sha256', Buffer.from(`${head}.${body}`), userKey).toString('base64url');
/** The last of its characters stands for four bits that are none of the signature's. */
const otherBits = signature.slice(0, -1) + { A: 'B', Q: 'R', g: 'h', w: 'x' }[signature.at(-1)!];

test('the claims and heads that the refusals below start from would be taken', async () => {
  for (const token of [signed(minutes(5)), sealed(plain)])
    assert.deepEqual(await verify(token), { kind: 'user', id: USER });
  assert.deepEqual(await verify(sealed({ ...plain, kid: 'worker' }, { ...service, iat: nowS }, workerKey)), {
    kind: 'service',
    name: 'worker',
  });
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
  'whose subject is no user': signed({ ...minutes(5), sub: 'worker' }),
  'whose subject is a user in other letters': signed({ ...minutes(5), sub: USER.toUpperCase() }),
  'whose subject has a blank behind it': signed({ ...minutes(5), sub: `${USER} ` }),
  'whose subject is a list': sealed(plain, { ...minutes(5), iat: nowS, sub: [USER] }),
  'without an id': signed(without('jti')),
  'without an issue time': signed(minutes(5), { noTimestamp: true }),
  'that nobody signed': jwt.sign(minutes(5), '', { algorithm: 'none', keyid: 'users-key' }),
  'that says none and keeps a signature': `${encoded({ ...plain, alg: 'none' })}.${body}.${signature}`,
  'that says nOnE': sealed({ ...plain, alg: 'nOnE' }),
  'of the right algorithm in small letters': sealed({ ...plain, alg: 'es256' }),
  'of another algorithm of the same kind': sealed({ ...plain, alg: 'ES384' }),
  'of no algorithm': sealed({ typ: 'JWT', kid: 'users-key' }),
  'signed with the public key as a secret': hmacBy(
    createPublicKey(userKey).export({ type: 'spki', format: 'pem' }) as string,
  ),
  'signed with the published key as a secret': hmacBy(JSON.stringify(publicJwk(userKey, 'users-key'))),
  'signed by a stranger under the name of our key': signed(minutes(5), { key: strangersKey }),
  'that brings its own key': sealed({ ...plain, jwk: publicJwk(strangersKey, 'users-key') }, undefined, strangersKey),
  'that says where its key is': sealed(
    { ...plain, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' },
    undefined,
    strangersKey,
  ),
  'that insists on what is not known here': sealed({ ...plain, crit: ['exp'] }),
  'of a key that is not published': signed(minutes(5), { keyid: 'another-key' }),
  'of a key whose name is a path': signed(minutes(5), { keyid: '../../dev/null' }),
  'of a key whose name is a list': sealed({ ...plain, kid: ['users-key'] }),
  'of a key whose name is empty': sealed({ ...plain, kid: '' }),
  'of a key whose name every object has': sealed({ ...plain, kid: '__proto__' }),
  'without the name of a key': sealed({ alg: 'ES256', typ: 'JWT' }),
  'whose payload was changed': `${head}.${encoded({ ...minutes(5), sub: 'somebody-else' })}.${signature}`,
  'whose head was changed': `${encoded({ ...plain, typ: 'at+jwt' })}.${body}.${signature}`,
  'that names its expiry twice': sealed(plain, twice({ exp: nowS - 60 })),
  'that names its subject twice': sealed(plain, twice({ sub: '' })),
  'that names its audience twice': sealed(plain, twice({ aud: 'somebody-else' })),
  'that names its algorithm twice': sealed(JSON.stringify(plain).replace('}', ',"alg":"none"}')),
  'that brings a chain of certificates': sealed({ ...plain, x5c: [] }, undefined, strangersKey),
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
  'with a blank before it': ` ${head}.${body}.${signature}`,
  'with dots of another script': `${head}\u2024${body}\u2024${signature}`,
  'with a letter that cannot be seen': `${head}.${body}\u200b.${signature}`,
  'of a megabyte': `${head}.${'A'.repeat(2 ** 20)}.${signature}`,
  'whose payload is padded': `${head}.${body}=.${signature}`,
  'with a fourth part': `${head}.${body}.${signature}.${signature}`,
  'that is encrypted': Array(5).fill(head).join('.'),
  'of one word': 'garbage',
  'of nothing': '',
  'of dots': '..',
  'by which a role speaks for a user': signed(minutes(5), { key: workerKey, keyid: 'worker' }),
  'by which auth speaks for a role': signed(service),
  'by which auth speaks for a role under the name of its key': signed(service, { keyid: 'worker' }),
  'by which a role speaks for another one': signed({ ...service, sub: 'auditor' }, { key: workerKey, keyid: 'worker' }),
  'by which a role speaks for its second key': signed(
    { ...service, sub: 'worker-2' },
    { key: secondWorkerKey, keyid: 'worker-2' },
  ),
  'by which a role speaks under the name of another one': signed(
    { ...service, sub: 'auditor' },
    { key: workerKey, keyid: 'auditor' },
  ),
  'of a role that nobody knows': signed({ ...service, sub: 'root' }, { key: workerKey, keyid: 'root' }),
  'of a role for another audience': signed({ ...service, aud: 'somebody-else' }, { key: workerKey, keyid: 'worker' }),
  'of a role that has expired': signed({ ...service, exp: nowS - 60 }, { key: workerKey, keyid: 'worker' }),
  'of a role, signed with its public key as a secret': hmacBy(
    createPublicKey(workerKey).export({ type: 'spki', format: 'pem' }) as string,
    'worker',
    service,
  ),
  'of a role that is older than any that is made': signed(
    { ...service, iat: nowS - 120, exp: nowS + 60 },
    { key: workerKey, keyid: 'worker' },
  ),
};

for (const [why, token] of Object.entries(refused)) {
  test(`a token ${why} proves nothing`, async () => assert.equal(await verify(token), undefined));
}

test('they are no fewer than eighty, and no two are the same', () => {
  const tokens = Object.values(refused);
  assert.deepEqual([tokens.length >= 80, new Set(tokens).size], [true, tokens.length]);
});

/** A token whose verifier would have to be talked into taking the public key for a shared secret. */
function hmacBy(secret: string, keyid = 'users-key', payload: object = minutes(5)): string {
  return jwt.sign(payload, Buffer.from(secret), { algorithm: 'HS256', keyid });
}

/** Claims of which one stands there again. Whoever reads them takes the last, and it is the one that is wrong. */
function twice(claim: object): string {
  return JSON.stringify({ ...minutes(5), iat: nowS }).replace('}', `,${JSON.stringify(claim).slice(1)}`);
}
