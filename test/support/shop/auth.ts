import { Client } from 'pg';
import { authApi, type AuthOptions } from '../../../api/auth/app.ts';
import type { LimitSettings } from '../../../api/auth/limits.ts';
import { createPasswords, type Passwords } from '../../../api/auth/passwords.ts';
import { createSigningKeys } from '../../../api/auth/signing-keys.ts';
import { createAuthStore, SESSION_RULES, type SessionRules } from '../../../api/auth/store.ts';
import { readConfig } from '../../../lib/config.ts';
import { createClientReader } from '../../../lib/http/forwarded.ts';
import { createServiceTokenVerifier } from '../../../lib/http/service-tokens.ts';
import { limitReaders } from '../../../roles/auth.ts';
import { restDocument } from '../../../roles/contract.ts';
import { createDatabase, openWithLongTimeouts } from '../postgres/database.ts';
import { cookieOf, json, post } from '../requests/requests.ts';
import { serviceKeys } from '../requests/tokens.ts';
import { serveQuietly } from './service.ts';

export const PASSWORD = 'correct horse';
export const ROTATION_S = 30 * 86_400;

export const LIMITS: LimitSettings = readConfig({}, limitReaders);

/** Does not hash, so that tests can send many wrong passwords quickly. */
export const fakePasswords: Passwords = {
  hash: async (password) => `quick ${password}`,
  matches: async (password, hash) => hash === `quick ${password}`,
  isOutdated: () => false,
};

export interface TestAuthOptions {
  limits?: Partial<LimitSettings>;
  passwords?: Passwords;
  /** By default, tests may choose the address of any client. */
  trustedProxies?: readonly string[];
  rules?: Partial<SessionRules>;
}

/** Starts the auth role on its own database. `rows` queries that database. */
export async function startAuth(testOptions: TestAuthOptions = {}) {
  const database = await createDatabase('auth');
  const first = await startReplica(database.url, testOptions);
  const others: (typeof first)[] = [];
  const rows = new Client(database.url);
  await rows.connect();
  return {
    url: first.url,
    databaseUrl: database.url,
    options: first.options,
    rows,
    ...users(first.url),
    /** Starts another replica on the same database. */
    async replica() {
      const another = await startReplica(database.url, testOptions);
      others.push(another);
      return another;
    },
    async close() {
      for (const each of [first, ...others]) await each.close();
      await rows.end();
      await database.close();
    },
  };
}

async function startReplica(
  databaseUrl: string,
  { limits = {}, passwords, rules, trustedProxies = ['127.0.0.1'] }: TestAuthOptions,
) {
  const database = openWithLongTimeouts(databaseUrl);
  const store = createAuthStore(database, { ...SESSION_RULES, ...rules });
  const options: AuthOptions = {
    document: restDocument,
    clientOf: createClientReader(trustedProxies),
    serviceTokens: createServiceTokenVerifier({ role: 'auth', serviceKeys }),
    store,
    keys: createSigningKeys(store, { rotationS: ROTATION_S }),
    passwords: passwords ?? (await createPasswords()),
    sessionTtlS: 3600,
    limits: { ...LIMITS, ...limits },
  };
  const listener = await serveQuietly('auth', authApi(options));
  return {
    url: listener.url,
    options,
    async close() {
      await listener.close();
      await store.close();
      await database.close();
    },
  };
}

/** Registers users and logs them in through auth or a gateway at `url`. */
export function users(url: string) {
  let count = 0;
  const register = async (username = `user${++count}`) => {
    const credentials = { username, password: PASSWORD };
    const response = await post(`${url}/auth/register`, json(credentials));
    return { id: ((await response.json()) as { id: string }).id, credentials };
  };
  const login = async () => {
    const user = await register();
    return { ...user, cookie: cookieOf(await post(`${url}/auth/login`, json(user.credentials))) };
  };
  return { register, login };
}
