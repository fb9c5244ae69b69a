import { KeyObject, createPrivateKey, createPublicKey, randomUUID, type JsonWebKey } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
} from 'jose';
import jwt from 'jsonwebtoken';
import { unavailable } from './problem.ts';

/** Who a verified token speaks for: a buyer, or another role of this system. */
export type Caller =
  { readonly kind: 'user'; readonly id: string } | { readonly kind: 'service'; readonly name: string };

/** PKCS8 PEM, or, where many tokens are signed, the key that was read from it. */
type PrivateKey = string | KeyObject;

const ALGORITHM = 'ES256';
/**
 * Three parts, of which the last is a signature of that algorithm. The library throws for one that is shorter or longer, and would take
 * one whose last character has bits that say nothing.
 */
const WELL_FORMED = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/;
const AUDIENCE = 'order-saga';
const USER_ISSUER = 'order-saga/auth';
const SERVICE_ISSUER = 'order-saga/service';
export const USER_TOKEN_SECONDS = 300;
const SERVICE_TOKEN_SECONDS = 60;
/** As auth makes them. What is none would reach the databases as somebody that they cannot look up. */
const USER_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Two machines' clocks may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 5;
const JWKS_TIMEOUT_MS = 2_000;

/** Signs a buyer's access token, which lives five minutes. Its subject is the user id, and nothing else in it is about the buyer. */
export const signUserToken = (privateKey: PrivateKey, kid: string, userId: string): string =>
  sign(privateKey, kid, { issuer: USER_ISSUER, subject: userId, expiresIn: USER_TOKEN_SECONDS });

/** Makes the tokens by which a role tells another one who it is. One is used for half of its life. */
export function createServiceTokens(role: string, privateKey: string): () => string {
  // A key that cannot sign is a fault of the configuration: it ends the start, not the first order.
  createPrivateKey(privateKey);
  let token = '';
  let madeAtMs = -Infinity;
  return () => {
    const ageMs = Date.now() - madeAtMs;
    // A clock that was set back makes it one that is not valid yet.
    if (ageMs < 0 || ageMs >= (SERVICE_TOKEN_SECONDS * 1000) / 2) {
      token = sign(privateKey, role, { issuer: SERVICE_ISSUER, subject: role, expiresIn: SERVICE_TOKEN_SECONDS });
      madeAtMs = Date.now();
    }
    return token;
  };
}

function sign(
  privateKey: PrivateKey,
  keyid: string,
  options: { issuer: string; subject: string; expiresIn: number },
): string {
  return jwt.sign({}, privateKey, { algorithm: ALGORITHM, keyid, audience: AUDIENCE, jwtid: randomUUID(), ...options });
}

/** The token of an `Authorization` header. Undefined for another scheme, and for what cannot be a token. */
export const bearerToken = (authorization: string): string | undefined =>
  /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];

/** True when the token says that it is a role's. Nothing is verified: it is good for refusing such a token, never for accepting one. */
export const saysService = (token: string): boolean => unverified(() => decodeJwt(token))?.iss === SERVICE_ISSUER;

/** What a token says, before anything is verified. Undefined for one that cannot be read. */
function unverified<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TypeError || error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Answers whom a token speaks for, or undefined for one that proves nothing. Throws `unavailable` while the public keys cannot be had. */
export type TokenVerifier = (token: string) => Promise<Caller | undefined>;

/**
 * Verifies tokens of buyers by the keys that `jwksUrl` publishes, and tokens of roles by `serviceKeys`. The key decides which of
 * the two a token can be, so that neither can pass for the other. Signature, algorithm, issuer, audience, subject, expiry and id
 * are all required.
 */
export function createTokenVerifier({
  jwksUrl,
  serviceKeys,
  askedAgainAfterMs = ASKED_AGAIN_AFTER_MS,
}: {
  jwksUrl: string;
  serviceKeys: JSONWebKeySet;
  askedAgainAfterMs?: number;
}): TokenVerifier {
  return verifierBy(publishedKeys(new URL(jwksUrl), askedAgainAfterMs), rolesOf(serviceKeys));
}

/** The keys that are published at a URL. While that is away the ones that were read last are as good as ever, and of others nothing is known. */
function publishedKeys(url: URL, askedAgainAfterMs: number): KeySource {
  const published = createRemoteJWKSet(url, { timeoutDuration: JWKS_TIMEOUT_MS, cooldownDuration: askedAgainAfterMs });
  return async (header) => {
    try {
      return await published(header);
    } catch (error) {
      const known = published.jwks();
      if (!known || error instanceof errors.JWKSNoMatchingKey) throw error;
      return createLocalJWKSet(known)(header).catch(() => {
        throw error;
      });
    }
  };
}

/** A key that is not known is asked for at most so often: whoever invents key ids cannot flood the auth service. */
const ASKED_AGAIN_AFTER_MS = 30_000;

/** Verifies tokens of buyers in the role that publishes the keys itself. Tokens of roles prove nothing to it. */
export function createLocalTokenVerifier(published: () => Promise<JSONWebKeySet>): TokenVerifier {
  let current: { published: JSONWebKeySet; keys: KeySource } | undefined;
  const keys: KeySource = async (header) => {
    const latest = await published();
    if (current?.published !== latest) current = { published: latest, keys: createLocalJWKSet(latest) };
    return current.keys(header);
  };
  return verifierBy(keys, new Map());
}

type KeySource = (header: { alg: string; kid: string }) => ReturnType<ReturnType<typeof createLocalJWKSet>>;

/**
 * The keys of each role: while one is replaced there are two, `worker` and `worker-2`, and its tokens may name either, or just the role.
 * Throws for a key that cannot be read.
 */
export function rolesOf({ keys }: JSONWebKeySet): ReadonlyMap<string, KeyObject[]> {
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
    // Of the extensions that a token may insist on none is known here, and the library would pass over them.
    if (typeof kid !== 'string' || crit !== undefined) return undefined;
    // Nor would it survive claims that are no object.
    if (!unverified(() => decodeJwt(token))) return undefined;
    const role = roleOf(kid);
    const keys = roles.get(role);
    if (keys) {
      const speaks = keys.some((key) => verifiedSubject(token, key, SERVICE_ISSUER, SERVICE_TOKEN_SECONDS) === role);
      return speaks ? { kind: 'service', name: role } : undefined;
    }
    const key = await userKeys({ alg: ALGORITHM, kid }).catch(keyUnknown);
    const id = key && verifiedSubject(token, KeyObject.from(key), USER_ISSUER, USER_TOKEN_SECONDS);
    return id && USER_ID.test(id) ? { kind: 'user', id } : undefined;
  };
}

function keyUnknown(error: unknown): undefined {
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) return undefined;
  throw unavailable(
    'The keys that tokens are verified with cannot be read at the moment. Send the same request again.',
    error,
  );
}

function verifiedSubject(token: string, key: KeyObject, issuer: string, lifeSeconds: number): string | undefined {
  try {
    const claims = jwt.verify(token, key, {
      algorithms: [ALGORITHM],
      audience: AUDIENCE,
      issuer,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      // No token is older than those that are made, whatever expiry it names. This also requires an issue time.
      maxAge: lifeSeconds,
    });
    // The library takes a token without an expiry for one that never expires, and a subject or an id of whatever type.
    if (typeof claims === 'string' || claims.exp === undefined || !isText(claims.jti) || !isText(claims.sub))
      return undefined;
    return claims.iat! > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS ? undefined : claims.sub;
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError) return undefined;
    throw error;
  }
}

const isText = (claim: unknown): boolean => typeof claim === 'string' && claim !== '';

/** The public half of a private key, as the member of a key set that `kid` names. */
export function publicJwk(privateKey: string, kid: string): JsonWebKey & { kid: string } {
  return { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg: ALGORITHM, use: 'sig' };
}
