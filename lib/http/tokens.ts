import { createPrivateKey, createPublicKey, randomUUID, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import jwt from 'jsonwebtoken';
import { unavailable } from './problem.ts';
import { publishedKeys, type KeySource } from './published-keys.ts';

/** A buyer or another role. */
export type Caller =
  { readonly kind: 'user'; readonly id: string } | { readonly kind: 'service'; readonly name: string };

/** PKCS8 PEM, or the parsed key if many tokens are signed. */
type PrivateKey = string | KeyObject;

const ALGORITHM = 'ES256';
/**
 * The last character of a signature has unused bits, which verifiers ignore. Here these bits must be zero, so that a
 * token has only one spelling.
 */
const WELL_FORMED = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/;
const AUDIENCE = 'order-saga';
const USER_ISSUER = 'order-saga/auth';
const SERVICE_ISSUER = 'order-saga/service';
export const USER_TOKEN_SECONDS = 300;
const SERVICE_TOKEN_SECONDS = 60;
/** A database query would fail with an id in any other format. */
const USER_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/**
 * By how much the clocks of a token's signer and its verifier may differ: a token may be issued this far in the future,
 * and counts as valid for this long after its expiry unless the maximum age is reached earlier.
 */
const CLOCK_TOLERANCE_SECONDS = 60;
/**
 * The maximum age by the verifier's clock, whatever the expiry says. A session's token is used right after it is
 * issued, so even a verifier whose clock is ahead by the tolerance accepts it, and 5 s more are enough. A role uses its
 * token for half its life. A verifier whose clock is ahead would count up to 30 + 60 s by then, so the tolerance is
 * added.
 */
const USER_TOKEN_AGE_SECONDS_MAX = USER_TOKEN_SECONDS + 5;
const SERVICE_TOKEN_AGE_SECONDS_MAX = SERVICE_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS;
/** Limits fetches for unknown key ids, so that invented ids cannot flood auth. */
const REFETCH_AFTER_MS = 30_000;

/** Signs a buyer's access token. It holds the user id and nothing else about the buyer. */
export const signUserToken = (privateKey: PrivateKey, kid: string, userId: string): string =>
  sign(privateKey, kid, { issuer: USER_ISSUER, subject: userId, expiresIn: USER_TOKEN_SECONDS });

/** Returns a source of tokens that identify the role. Each is used for half its lifetime. */
export function createServiceTokens(role: string, privateKey: string): () => string {
  // An unusable key must fail the start, not the first order.
  createPrivateKey(privateKey);
  let token = '';
  let signedAtMs = -Infinity;
  return () => {
    const ageMs = Date.now() - signedAtMs;
    // If the clock was set back, the token is not valid yet.
    if (ageMs < 0 || ageMs >= (SERVICE_TOKEN_SECONDS * 1000) / 2) {
      token = sign(privateKey, role, { issuer: SERVICE_ISSUER, subject: role, expiresIn: SERVICE_TOKEN_SECONDS });
      signedAtMs = Date.now();
    }
    return token;
  };
}

function sign(privateKey: PrivateKey, keyid: string, options: jwt.SignOptions): string {
  return jwt.sign({}, privateKey, { algorithm: ALGORITHM, keyid, audience: AUDIENCE, jwtid: randomUUID(), ...options });
}

/** Undefined for other schemes and malformed tokens. */
export const bearerToken = (authorization: string): string | undefined =>
  /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];

/** Whether the token claims to be a role's. Unverified: use this to refuse tokens, never to accept them. */
export const claimsToBeService = (token: string): boolean => unverified(() => decodeJwt(token))?.iss === SERVICE_ISSUER;

/** Undefined if the token is malformed. */
function unverified<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TypeError || error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Returns undefined for an invalid token. Throws `unavailable` if the public keys cannot be fetched. */
export type TokenVerifier = (token: string) => Promise<Caller | undefined>;

/**
 * Verifies buyers' tokens with the keys at `jwksUrl`, and roles' tokens with `serviceKeys`, so that neither kind can
 * pass for the other.
 */
export function createTokenVerifier({
  jwksUrl,
  serviceKeys,
  refetchAfterMs = REFETCH_AFTER_MS,
}: {
  jwksUrl: string;
  serviceKeys: JSONWebKeySet;
  refetchAfterMs?: number;
}): TokenVerifier {
  return verifierBy(publishedKeys(new URL(jwksUrl), refetchAfterMs), keysByRole(serviceKeys));
}

/** For auth, which publishes the buyers' keys itself. Accepts no tokens of roles. */
export function createLocalTokenVerifier(published: () => Promise<JSONWebKeySet>): TokenVerifier {
  let current: { published: JSONWebKeySet; keys: KeySource } | undefined;
  const keys: KeySource = async (header) => {
    const latest = await published();
    if (current?.published !== latest) current = { published: latest, keys: createLocalJWKSet(latest) };
    return current.keys(header);
  };
  return verifierBy(keys, new Map());
}

/**
 * Groups keys by role. During rotation a role has two keys, such as `worker-1` and `worker-2`. The `kid` of its tokens
 * may name either key, or only the role (`worker`). Throws for an unreadable key.
 */
export function keysByRole({ keys }: JSONWebKeySet): ReadonlyMap<string, KeyObject[]> {
  const roles = new Map<string, KeyObject[]>();
  for (const key of keys) {
    const role = roleOf(key.kid ?? '');
    roles.set(role, [...(roles.get(role) ?? []), createPublicKey({ key, format: 'jwk' })]);
  }
  return roles;
}

const roleOf = (kid: string): string => kid.replace(/-\d+$/, '');

function verifierBy(userKeys: KeySource, roles: ReadonlyMap<string, KeyObject[]>): TokenVerifier {
  return async (token) => {
    if (!WELL_FORMED.test(token)) return undefined;
    const { kid, crit } = unverified(() => decodeProtectedHeader(token)) ?? {};
    // Our tokens have no critical extensions. Refuse other tokens before a key is fetched for them.
    if (typeof kid !== 'string' || crit !== undefined) return undefined;
    if (!unverified(() => decodeJwt(token))) return undefined;
    const role = roleOf(kid);
    for (const key of roles.get(role) ?? []) {
      if ((await verifiedSubject(token, key, SERVICE_ISSUER, SERVICE_TOKEN_AGE_SECONDS_MAX)) === role)
        return { kind: 'service', name: role };
    }
    if (roles.has(role)) return undefined;
    const key = await userKeys({ alg: ALGORITHM, kid }).catch(keyUnknown);
    const id = key && (await verifiedSubject(token, key, USER_ISSUER, USER_TOKEN_AGE_SECONDS_MAX));
    return id && USER_ID.test(id) ? { kind: 'user', id } : undefined;
  };
}

function keyUnknown(error: unknown): undefined {
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) return undefined;
  throw unavailable('The keys that verify tokens are unavailable. Send the same request again.', error);
}

/** Requires a valid signature, algorithm, issuer, audience, subject, expiry, id and issue time. */
async function verifiedSubject(
  token: string,
  key: KeyObject | CryptoKey | Uint8Array,
  issuer: string,
  ageSecondsMax: number,
): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      audience: AUDIENCE,
      issuer,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      // jose adds the tolerance. It accepts a token of exactly this age, so subtract one second.
      maxTokenAge: ageSecondsMax - CLOCK_TOLERANCE_SECONDS - 1,
      requiredClaims: ['exp', 'jti', 'sub'],
    });
    // jose checks that these claims exist, but not that they are text.
    return isText(payload.jti) && isText(payload.sub) ? payload.sub : undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

const isText = (claim: unknown): boolean => typeof claim === 'string' && claim !== '';

/** The public half of a private key, for a key set. */
export function publicJwk(privateKey: string, kid: string): JsonWebKey & { kid: string } {
  return { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg: ALGORITHM, use: 'sig' };
}
