import { authApi } from '../../api/auth/app.ts';
import { createPasswords } from '../../api/auth/passwords.ts';
import { createSigningKeys } from '../../api/auth/signing-keys.ts';
import { createAuthStore } from '../../api/auth/store.ts';
import { readConfig, text, wholeNumber } from '../../lib/config.ts';
import { address, databaseOf, restDocument, serve, type Role } from '../role.ts';

const DAY_S = 86_400;

export const auth: Role = {
  name: 'auth',
  configure(env) {
    const config = readConfig(env, {
      ...address('AUTH_PORT'),
      databaseUrl: text('AUTH_DATABASE_URL'),
      sessionTtlS: wholeNumber('SESSION_TTL_S', { min: 1, max: 365 * DAY_S, otherwise: 30 * DAY_S }),
    });
    return async (shared) => {
      const database = await databaseOf(config.databaseUrl, shared);
      const store = createAuthStore(database);
      const keys = createSigningKeys(store);
      const passwords = await createPasswords();
      const checks = [
        { name: 'database', ask: database.check, needed: true },
        { name: 'signing key', ask: keys.published, needed: true },
      ];
      const middleware = authApi({ store, keys, passwords, document: restDocument, sessionTtlS: config.sessionTtlS });
      const listener = await serve(shared, config, { role: 'auth', checks, middleware });
      return {
        url: listener.url,
        async close() {
          await listener.close();
          await store.close();
          await database.close();
        },
      };
    };
  },
};
