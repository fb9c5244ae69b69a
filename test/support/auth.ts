import { Client } from 'pg';
import { authApi, type AuthOptions } from '../../api/auth/app.ts';
import { createPasswords } from '../../api/auth/passwords.ts';
import { createSigningKeys } from '../../api/auth/signing-keys.ts';
import { createAuthStore } from '../../api/auth/store.ts';
import { restDocument } from '../../bin/role.ts';
import { createDatabase } from './database.ts';
import { cookieOf, json, post } from './requests.ts';
import { serveQuietly } from './service.ts';

export type TestAuth = Awaited<ReturnType<typeof startAuth>>;
export const PASSWORD = 'correct horse';

/** The auth role on a database of its own, which `rows` looks into. */
export async function startAuth() {
  const database = await createDatabase('auth');
  const store = createAuthStore(database);
  const options: AuthOptions = { document: restDocument, store, keys: createSigningKeys(store), passwords: await createPasswords(), sessionTtlS: 3600 };
  const listener = await serveQuietly('auth', authApi(options));
  const rows = new Client(database.url);
  await rows.connect();
  return {
    url: listener.url,
    options,
    rows,
    ...users(listener.url),
    async close() {
      await listener.close();
      await rows.end();
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
