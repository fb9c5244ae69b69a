import { createPublicKey, randomUUID, type JsonWebKey, type KeyObject } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import jwt from 'jsonwebtoken';

/** PKCS8 PEM. Pass the parsed key instead if you sign many tokens. */
export type PrivateKey = string | KeyObject;

/** What the claims of a token must be. */
export interface Expected {
  issuer: string;
  audience: string;
  /** Measured with the verifier's clock, regardless of the token's expiry. */
  ageSecondsMax: number;
}

export const ALGORITHM = 'ES256';
/**
 * The last character of a signature has unused bits, which verifiers ignore. Here these bits must be zero, so that a
 * token has only one spelling.
 */
const WELL_FORMED = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/;
/**
 * How much the clocks of a token's signer and verifier may differ. A token may be issued this far in the future, and is
 * valid for this long after its expiry unless it reaches its maximum age earlier.
 */
export const CLOCK_TOLERANCE_SECONDS = 60;

/** Signs a token with an id of its own. */
export function signToken(
  privateKey: PrivateKey,
  keyid: string,
  claims: { issuer: string; audience: string; subject: string; expiresIn: number },
): string {
  return jwt.sign({}, privateKey, { algorithm: ALGORITHM, keyid, jwtid: randomUUID(), ...claims });
}

/**
 * Returns undefined for a malformed token, and for one with critical extensions, which our tokens never have. So no key
 * is fetched for these.
 */
export function keyIdOf(token: string): string | undefined {
  if (!WELL_FORMED.test(token)) return undefined;
  const { kid, crit } = unverified(() => decodeProtectedHeader(token)) ?? {};
  if (typeof kid !== 'string' || crit !== undefined) return undefined;
  return claimsOf(token) && kid;
}

/** What the token claims, unverified. Undefined if it is malformed. */
export const claimsOf = (token: string): JWTPayload | undefined => unverified(() => decodeJwt(token));

function unverified<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TypeError || error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

/** Requires a valid signature, algorithm, issuer, audience, subject, expiry, id and issue time. */
export async function verifiedSubject(
  token: string,
  key: KeyObject | CryptoKey | Uint8Array,
  { issuer, audience, ageSecondsMax }: Expected,
): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      audience,
      issuer,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      // jose adds the tolerance. It accepts a token of exactly this age, so subtract one second.
      maxTokenAge: ageSecondsMax - CLOCK_TOLERANCE_SECONDS - 1,
      requiredClaims: ['exp', 'jti', 'sub'],
    });
    // jose accepts a list of audiences. Each audience in the list could use such a token at the others.
    if (payload.aud !== audience) return undefined;
    // jose checks that these claims exist, but not that they are strings.
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
