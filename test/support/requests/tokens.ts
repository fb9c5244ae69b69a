import { generateKeyPairSync, sign } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import jwt, { type SignOptions } from 'jsonwebtoken';
import { publicJwk } from '../../../lib/http/signed-tokens.ts';
import { createTokenVerifier } from '../../../lib/http/tokens.ts';
import { serveQuietly } from '../shop/service.ts';

/** A new private key. */
export const newKey = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

export const USER = '0192f0c1-7a5e-7c3b-9d55-0d6a5b6c7d8e';
export const userKey = newKey();
export const workerKey = newKey();
export const strangersKey = newKey();
export const gatewayKey = newKey();
/** The worker's new key during a key change. */
export const secondWorkerKey = newKey();
export const serviceKeys = {
  keys: [
    publicJwk(workerKey, 'worker'),
    publicJwk(secondWorkerKey, 'worker-2'),
    publicJwk(gatewayKey, 'gateway'),
    publicJwk(strangersKey, 'auditor'),
  ],
} as JSONWebKeySet;

/** The public halves of these roles' keys. */
export const keySetOf = (keys: Readonly<Record<string, string>>): JSONWebKeySet => ({
  keys: Object.entries(keys).map(([role, key]) => publicJwk(key, role)),
});

/** The token verifier of orders, and an auth service with the key of users' tokens. */
export async function startVerifier() {
  const jwks = await serveQuietly('auth', [(ctx) => void (ctx.body = { keys: [publicJwk(userKey, 'users-key')] })]);
  const jwksUrl = `${jwks.url}/.well-known/jwks.json`;
  return { ...jwks, verify: createTokenVerifier({ role: 'orders', jwksUrl, serviceKeys }) };
}

export const nowS = Math.floor(Date.now() / 1000);
export const claims = { sub: USER, iss: 'order-saga/auth', aud: 'order-saga', jti: 'x' };
/** A user's claims, valid for `n` minutes. */
export const minutes = (n: number) => ({ ...claims, exp: nowS + n * 60 });
/** A role's claims. */
export const service = { ...minutes(1), sub: 'worker', iss: 'order-saga/service', aud: 'orders' };
/** A user token's header. */
export const plain = { alg: 'ES256', typ: 'JWT', kid: 'users-key' };

/** Signs as auth does by default. */
export const signed = (payload: object, { key = userKey, ...options }: SignOptions & { key?: string } = {}): string =>
  jwt.sign(payload, key, { algorithm: 'ES256', keyid: 'users-key', ...options });

export const encoded = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs any header and payload. */
export function sealed(headers: unknown, payload: unknown = { ...minutes(5), iat: nowS }, key = userKey): string {
  const text = `${encoded(headers)}.${encoded(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
