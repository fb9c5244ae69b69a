import { Client } from 'pg';
import { authApi, type AuthOptions } from '../../api/auth/app.ts';
import type { LimitSettings } from '../../api/auth/limits.ts';
import { createPasswords, type Passwords } from '../../api/auth/passwords.ts';
import { createSigningKeys } from '../../api/auth/signing-keys.ts';
import { createAuthStore } from '../../api/auth/store.ts';
import { restDocument } from '../../bin/role.ts';
import { limitReaders } from '../../bin/roles/auth.ts';
import { readConfig } from '../../lib/config.ts';
import { createDatabase, openPatiently } from './database.ts';
import { cookieOf, json, post } from './requests.ts';
import { serveQuietly } from './service.ts';

export type TestAuth = Awaited<ReturnType<typeof startAuth>>;
export const PASSWORD = 'correct horse';
export const ROTATION_S = 30 * 86_400;

/** As an installation has them that says nothing else. */
export const LIMITS: LimitSettings = readConfig({}, limitReaders);

/** No hashes, for tests that guess at many of them. */
export const quickPasswords: Passwords = {
  hash: async (password) => `quick ${password}`,
  matches: async (password, hash) => hash === `quick ${password}`,
  isOutdated: () => false,
};

export interface TestAuthOptions {
  limits?: Partial<LimitSettings>;
  passwords?: Passwords;
}

/** The auth role on a database of its own, which `rows` looks into. */
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
    /** Another process of the same role, which shares nothing with the first but the database. */
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

async function startReplica(databaseUrl: string, { limits = {}, passwords }: TestAuthOptions) {
  const database = openPatiently(databaseUrl);
  const store = createAuthStore(database);
  const options: AuthOptions = {
    document: restDocument,
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

/** Makes users, wherever auth is reached. */
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
