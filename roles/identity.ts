import type { JSONWebKeySet } from 'jose';
import { ConfigFault, converted, list, optional, text, type Reader } from '../lib/config.ts';
import { createClientReader, createTrust, type ClientReader } from '../lib/http/forwarded.ts';
import { createServiceTokens, keysByRole } from '../lib/http/service-tokens.ts';
import { publicJwk } from '../lib/http/signed-tokens.ts';
import { createTokenVerifier, type TokenVerifier } from '../lib/http/tokens.ts';
import { urlOf, type RoleName, type ServiceRole, type Shared } from './role.ts';

/** The public keys of the roles that call others. */
export const serviceKeys: Reader<JSONWebKeySet> = converted(
  text(
    'SERVICE_JWKS',
    "public keys of the gateway, the worker and notifications as a JWK set; `kid` is the role's name",
  ),
  (value) => {
    try {
      const { keys } = JSON.parse(value) as JSONWebKeySet;
      keysByRole({ keys });
      if (keys.every(({ kid }) => kid)) return { keys };
    } catch {
      // Reported below.
    }
    throw new ConfigFault(
      'SERVICE_JWKS must be a JSON Web Key Set of public keys whose "kid" is a role name, optionally with a number (worker-2)',
    );
  },
);

/** Settings of a role that verifies tokens. */
export const verifierReaders = (sameProcess: ReadonlySet<RoleName>) => ({
  authUrl: urlOf('auth', sameProcess),
  serviceKeys,
});

/** Verifies tokens for `role`, which rejects roles' tokens whose audience is another role. */
export function verifierOf(
  role: ServiceRole,
  { authUrl, serviceKeys: keys }: { authUrl: (shared: Shared) => string; serviceKeys: JSONWebKeySet },
  shared: Shared,
): TokenVerifier {
  return createTokenVerifier({ role, jwksUrl: `${authUrl(shared)}/.well-known/jwks.json`, serviceKeys: keys });
}

/** How a role identifies itself to other roles. */
export interface ServiceIdentity {
  /** Returns the source of the tokens for one role. */
  tokensFor(role: ServiceRole): () => string;
  /** The public half of the key. */
  publicKeys: JSONWebKeySet;
}

/** Reads `<ROLE>_SERVICE_KEY`, which signs the tokens that identify the role. */
export function serviceIdentity(role: RoleName): Reader<ServiceIdentity> {
  const name = `${role.toUpperCase()}_SERVICE_KEY`;
  const meaning = 'private key (ES256, PKCS8 PEM) by which the role identifies itself to others';
  return converted(text(name, meaning), (key) => {
    try {
      createServiceTokens(role, key, role);
      return {
        tokensFor: (asked) => createServiceTokens(role, key, asked),
        publicKeys: { keys: [publicJwk(key, role)] },
      };
    } catch {
      throw new ConfigFault(`${name} is not a private key in PEM format for ES256 (curve P-256)`);
    }
  });
}

/** Reads `TRUSTED_PROXIES`. */
export const trustedProxies: Reader<{
  clientOf: ClientReader;
  isTrusted: (address: string) => boolean;
  isSet: boolean;
}> = converted(
  optional(list('TRUSTED_PROXIES', 'proxies whose `X-Forwarded-*` headers are believed, separated by commas')),
  (proxies = []) => {
    try {
      return { clientOf: createClientReader(proxies), isTrusted: createTrust(proxies), isSet: proxies.length > 0 };
    } catch (error) {
      throw new ConfigFault(`TRUSTED_PROXIES: ${(error as Error).message}`, { cause: error });
    }
  },
);
