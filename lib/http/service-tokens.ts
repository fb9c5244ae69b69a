import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import { CLOCK_TOLERANCE_SECONDS, claimsOf, keyIdOf, signToken, verifiedSubject } from './signed-tokens.ts';

/**
 * Carries the gateway's own token, beside the buyer's token in `authorization`. The gateway removes this header from
 * clients' requests.
 */
export const SERVICE_TOKEN_HEADER = 'x-service-token';
const SERVICE_ISSUER = 'order-saga/service';
const SERVICE_TOKEN_SECONDS = 60;
/**
 * A role uses its token for 30 s. A verifier whose clock is ahead may then compute an age of up to 30 + 60 s, so the
 * tolerance is added.
 */
const SERVICE_TOKEN_AGE_SECONDS_MAX = SERVICE_TOKEN_SECONDS + CLOCK_TOLERANCE_SECONDS;

/**
 * Returns a function that returns tokens. They identify the role to the role `audience` and to no other role. Each is
 * used for half its lifetime. Throws if the key cannot sign.
 */
export function createServiceTokens(role: string, privateKey: string, audience: string): () => string {
  const sign = () =>
    signToken(privateKey, role, {
      issuer: SERVICE_ISSUER,
      audience,
      subject: role,
      expiresIn: SERVICE_TOKEN_SECONDS,
    });
  // An unusable key must fail the start, not the first order.
  sign();
  let token = '';
  let signedAtMs = -Infinity;
  return () => {
    const ageMs = Date.now() - signedAtMs;
    // If the clock was set back, the token is not valid yet.
    if (ageMs < 0 || ageMs >= (SERVICE_TOKEN_SECONDS * 1000) / 2) {
      token = sign();
      signedAtMs = Date.now();
    }
    return token;
  };
}

/** True if the token claims to be a role's. Unverified, so use this only to refuse tokens, never to accept them. */
export const claimsToBeService = (token: string): boolean => claimsOf(token)?.iss === SERVICE_ISSUER;

export interface ServiceTokenVerifier {
  /** True if the token names a key of a role. Unverified. */
  hasKeyOf(token: string): boolean;
  /**
   * Returns the name of the role that signed the token. Returns undefined if the token is invalid or is meant for
   * another role.
   */
  verify(token: string): Promise<string | undefined>;
}

/** Verifies the tokens by which other roles identify themselves to `role`. */
export function createServiceTokenVerifier({
  role: audience,
  serviceKeys,
}: {
  role: string;
  serviceKeys: JSONWebKeySet;
}): ServiceTokenVerifier {
  const roles = keysByRole(serviceKeys);
  const expected = { issuer: SERVICE_ISSUER, audience, ageSecondsMax: SERVICE_TOKEN_AGE_SECONDS_MAX };
  const roleIn = (token: string) => roleOf(keyIdOf(token) ?? '');
  return {
    hasKeyOf: (token) => roles.has(roleIn(token)),
    async verify(token) {
      const role = roleIn(token);
      for (const key of roles.get(role) ?? []) if ((await verifiedSubject(token, key, expected)) === role) return role;
      return undefined;
    },
  };
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
