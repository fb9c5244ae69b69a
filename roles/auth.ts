import { authApi } from '../api/auth/app.ts';
import { createPasswords } from '../api/auth/passwords.ts';
import { createSigningKeys } from '../api/auth/signing-keys.ts';
import { createAuthStore } from '../api/auth/store.ts';
import { readConfig, text, wholeNumber } from '../lib/config.ts';
import { restDocument } from './contract.ts';
import { address, databaseOf, runningOf, serve, type Role } from './role.ts';

const DAY_S = 86_400;

/** Each limit applies to all replicas together. */
export const limitReaders = {
  loginFailuresPerAccount: count('LOGIN_FAILURES_PER_ACCOUNT', 10),
  loginFailuresPerAddress: count('LOGIN_FAILURES_PER_ADDRESS', 100),
  loginFailuresWindowS: seconds('LOGIN_FAILURES_WINDOW_S', 300),
  registrationsPerAddress: count('REGISTRATIONS_PER_ADDRESS', 1_000),
  registrationsWindowS: seconds('REGISTRATIONS_WINDOW_S', 3_600),
  writesBurst: count('WRITES_BURST', 100),
  writesPerSecond: count('WRITES_PER_SECOND', 20),
};

export const auth: Role = {
  name: 'auth',
  configure(env) {
    const config = readConfig(env, {
      ...address('AUTH_PORT'),
      databaseUrl: text('AUTH_DATABASE_URL'),
      sessionTtlS: wholeNumber('SESSION_TTL_S', { min: 1, max: 365 * DAY_S, otherwise: 30 * DAY_S }),
      rotationDays: wholeNumber('SIGNING_KEY_ROTATION_DAYS', { min: 1, max: 3_650, otherwise: 30 }),
      limits: (all) => readConfig(all, limitReaders),
    });
    return async (shared) => {
      const database = await databaseOf(config.databaseUrl, shared);
      const store = createAuthStore(database);
      const keys = createSigningKeys(store, { rotationS: config.rotationDays * DAY_S });
      const passwords = await createPasswords();
      const checks = [
        { name: 'database', probe: database.check, needed: true },
        { name: 'signing key', probe: keys.published, needed: true },
      ];
      const { sessionTtlS, limits } = config;
      const middleware = authApi({ store, keys, passwords, document: restDocument, sessionTtlS, limits });
      const listener = await serve(shared, config, { role: 'auth', checks, middleware });
      return runningOf(listener, store, database);
    };
  },
};

function count(name: string, otherwise: number) {
  return wholeNumber(name, { min: 1, max: 1_000_000, otherwise });
}

function seconds(name: string, otherwise: number) {
  return wholeNumber(name, { min: 1, max: DAY_S, otherwise });
}
