import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { unavailable } from './problem.ts';
import { publishedKeys, type KeySource } from './published-keys.ts';
import { createServiceTokenVerifier } from './service-tokens.ts';
import { ALGORITHM, keyIdOf, signToken, verifiedSubject, type PrivateKey } from './signed-tokens.ts';

/** A buyer or another role. */
export type Caller =
  { readonly kind: 'user'; readonly id: string } | { readonly kind: 'service'; readonly name: string };

const USER_ISSUER = 'order-saga/auth';
/** Buyers' tokens are valid at every role. A role's token has as its audience the one role that it calls. */
const USER_AUDIENCE = 'order-saga';
export const USER_TOKEN_SECONDS = 300;
/** A database query would fail with an id in any other format. */
const USER_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/**
 * A session's token is used right after it is issued, so even a verifier whose clock is ahead by the tolerance accepts
 * it, and 5 s more are enough.
 */
const USER_TOKEN_AGE_SECONDS_MAX = USER_TOKEN_SECONDS + 5;
/** Limits fetches for unknown key ids, so that invented ids cannot flood auth. */
const REFETCH_AFTER_MS = 30_000;

/** Signs a buyer's access token. It holds the user id and nothing else about the buyer. */
export const signUserToken = (privateKey: PrivateKey, kid: string, userId: string): string =>
  signToken(privateKey, kid, {
    issuer: USER_ISSUER,
    audience: USER_AUDIENCE,
    subject: userId,
    expiresIn: USER_TOKEN_SECONDS,
  });

/** Undefined for other schemes and malformed tokens. */
export const bearerToken = (authorization: string): string | undefined =>
  /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];

/** Returns undefined for an invalid token. Throws `unavailable` if the public keys cannot be fetched. */
export type TokenVerifier = (token: string) => Promise<Caller | undefined>;

/**
 * Verifies buyers' tokens with the keys at `jwksUrl`, and roles' tokens with `serviceKeys`, so neither kind can pass
 * for the other. `role` is the verifying role. It rejects roles' tokens whose audience is another role.
 */
export function createTokenVerifier({
  role,
  jwksUrl,
  serviceKeys,
  refetchAfterMs = REFETCH_AFTER_MS,
}: {
  role: string;
  jwksUrl: string;
  serviceKeys: JSONWebKeySet;
  refetchAfterMs?: number;
}): TokenVerifier {
  const userKeys = publishedKeys(new URL(jwksUrl), refetchAfterMs);
  const service = createServiceTokenVerifier({ role, serviceKeys });
  return async (token) => {
    if (!service.hasKeyOf(token)) return verifiedUser(token, userKeys);
    const name = await service.verify(token);
    return name === undefined ? undefined : { kind: 'service', name };
  };
}

/** For auth, which publishes the buyers' keys itself. Accepts no tokens of roles. */
export function createLocalTokenVerifier(published: () => Promise<JSONWebKeySet>): TokenVerifier {
  let current: { published: JSONWebKeySet; keys: KeySource } | undefined;
  const keys: KeySource = async (header) => {
    const latest = await published();
    if (current?.published !== latest) current = { published: latest, keys: createLocalJWKSet(latest) };
    return current.keys(header);
  };
  return (token) => verifiedUser(token, keys);
}

async function verifiedUser(token: string, userKeys: KeySource): Promise<Caller | undefined> {
  const kid = keyIdOf(token);
  if (kid === undefined) return undefined;
  const key = await userKeys({ alg: ALGORITHM, kid }).catch(keyUnknown);
  const expected = { issuer: USER_ISSUER, audience: USER_AUDIENCE, ageSecondsMax: USER_TOKEN_AGE_SECONDS_MAX };
  const id = key && (await verifiedSubject(token, key, expected));
  return id && USER_ID.test(id) ? { kind: 'user', id } : undefined;
}

function keyUnknown(error: unknown): undefined {
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) return undefined;
  throw unavailable('The keys that verify tokens are unavailable. Send the same request again.', error);
}
