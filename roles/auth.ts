import { authApi } from '../api/auth/app.ts';
import { authIngressApi } from '../api/auth/ingress.ts';
import { createPasswords } from '../api/auth/passwords.ts';
import { createSigningKeys } from '../api/auth/signing-keys.ts';
import { createAuthStore } from '../api/auth/store.ts';
import { group, optional, port, wholeNumber } from '../lib/config.ts';
import { createServiceTokenVerifier, keysByRole } from '../lib/http/service-tokens.ts';
import { restDocument } from './contract.ts';
import { serviceKeys, trustedProxies } from './identity.ts';
import { address, databaseOf, databaseUrl, defineRole, runningOf, serve } from './role.ts';
import { sessionReader } from './session-settings.ts';

const DAY_S = 86_400;

const LOGINS =
  'logins, right or wrong, from one address to one account, and to all accounts, within the window; beyond that, auth answers 429';
const LOGIN_FAILURES =
  'the same for failed logins; the first number also limits password changes of one user with a wrong current password';
const STRANGERS =
  'failed logins to one account from addresses that are new to it, within that window; beyond that, further ones wait for `LOGIN_WAIT_MS`';
const REGISTRATIONS = 'registrations per address within the window';
const WRITES = 'writes of one buyer: burst, then rate';

const BELIEVES_NOBODY =
  'All buyers are limited as one address: SERVICE_JWKS has no key of the gateway, and TRUSTED_PROXIES is not set. ' +
  'Add the public key that the gateway serves at /.well-known/jwks.json on GATEWAY_OPS_PORT to SERVICE_JWKS';

/** Each limit applies to all replicas together. */
export const limitReaders = {
  loginsPerAccount: count('LOGINS_PER_ACCOUNT', LOGINS, 30),
  loginsPerAddress: count('LOGINS_PER_ADDRESS', LOGINS, 300),
  loginsWindowS: seconds('LOGINS_WINDOW_S', LOGINS, 60),
  loginFailuresPerAccount: count('LOGIN_FAILURES_PER_ACCOUNT', LOGIN_FAILURES, 10),
  loginFailuresPerAddress: count('LOGIN_FAILURES_PER_ADDRESS', LOGIN_FAILURES, 100),
  loginFailuresWindowS: seconds('LOGIN_FAILURES_WINDOW_S', LOGIN_FAILURES, 300),
  loginFailuresByStrangers: count('LOGIN_FAILURES_BY_STRANGERS', STRANGERS, 30),
  // The password is hashed after the wait, and the response is promised within 5 s.
  loginWaitMs: wholeNumber('LOGIN_WAIT_MS', STRANGERS, { min: 0, max: 5_000, otherwise: 4_000 }),
  registrationsPerAddress: count('REGISTRATIONS_PER_ADDRESS', REGISTRATIONS, 1_000),
  registrationsWindowS: seconds('REGISTRATIONS_WINDOW_S', REGISTRATIONS, 3_600),
  writesBurst: count('WRITES_BURST', WRITES, 100),
  writesPerSecond: count('WRITES_PER_SECOND', WRITES, 20),
};

export const auth = defineRole({
  name: 'auth',
  readers: () => ({
    ...address('AUTH_PORT'),
    ingressPort: optional(
      port(
        'AUTH_INGRESS_PORT',
        "port on `INTERNAL_HOST` for an ingress: auth's operations as they may be published; `GET /auth` returns no " +
          'token, and there are no health and metrics; closed if unset',
      ),
    ),
    serviceKeys,
    proxies: trustedProxies,
    databaseUrl: databaseUrl('auth'),
    sessions: sessionReader,
    rotationDays: wholeNumber(
      'SIGNING_KEY_ROTATION_DAYS',
      'age at which the signing key is replaced; the old key stays published until its last token has expired',
      { min: 1, max: 3_650, otherwise: 30 },
    ),
    limits: group(limitReaders),
  }),
  start: async (config, shared) => {
    const database = await databaseOf(config.databaseUrl, shared);
    const store = createAuthStore(database, config.sessions);
    const keys = createSigningKeys(store, { rotationS: config.rotationDays * DAY_S });
    const passwords = await createPasswords();
    const checks = [
      { name: 'database', probe: database.check, needed: true },
      { name: 'signing key', probe: keys.published, needed: true },
    ];
    const { sessions, limits, host, ingressPort } = config;
    if (!config.proxies.isSet && !keysByRole(config.serviceKeys).has('gateway'))
      shared.log.warn({ role: 'auth' }, BELIEVES_NOBODY);
    const ports = {
      document: restDocument,
      clientOf: config.proxies.clientOf,
      serviceTokens: createServiceTokenVerifier({ role: 'auth', serviceKeys: config.serviceKeys }),
    };
    const middleware = authApi({ ...ports, store, keys, passwords, sessionTtlS: sessions.ttlS, limits });
    const listener = await serve(shared, config, { role: 'auth', checks, middleware });
    if (ingressPort === undefined) return runningOf(listener, store, database);
    const ingress = await serve(
      shared,
      { host, port: ingressPort },
      { role: 'auth-ingress', checks: [], middleware: authIngressApi(middleware), operations: false },
    );
    return runningOf(listener, ingress, store, database);
  },
});

function count(name: string, meaning: string, otherwise: number) {
  return wholeNumber(name, meaning, { min: 1, max: 1_000_000, otherwise });
}

function seconds(name: string, meaning: string, otherwise: number) {
  return wholeNumber(name, meaning, { min: 1, max: DAY_S, otherwise });
}
