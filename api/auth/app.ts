import type { Middleware } from 'koa';
import { serveApi, type ApiPorts } from '../../lib/api.ts';
import { createLocalTokenVerifier } from '../../lib/tokens.ts';
import { forwardAuth } from './forward-auth.ts';
import { createLimits, type LimitSettings } from './limits.ts';
import type { Passwords } from './passwords.ts';
import { authHandlers } from './routes.ts';
import { createSessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { AuthStore } from './store.ts';

export interface AuthOptions extends Pick<ApiPorts, 'document'> {
  store: AuthStore;
  passwords: Passwords;
  keys: SigningKeys;
  /** How long a login lasts, in seconds. */
  sessionTtlS: number;
  limits: LimitSettings;
}

/** What auth serves, in this order. */
export function authApi({
  document,
  store,
  passwords,
  keys,
  sessionTtlS,
  limits: settings,
}: AuthOptions): Middleware[] {
  const limits = createLimits(store, settings);
  const sessions = createSessions({ store, ttlS: sessionTtlS, writeRate: limits.writeRate });
  const verify = createLocalTokenVerifier(keys.published);
  const handlers = authHandlers({ store, passwords, sessions, keys, limits });
  // Served before all else, and out of the document's reach: a session is no scheme that the services know.
  const { '/auth': _forwardAuth, ...paths } = document.paths!;
  const others = { ...document, paths } as typeof document;
  return [
    forwardAuth({ sessions, keys, verify, limits }),
    serveApi({ document: others, tag: 'auth', handlers, verify }),
  ];
}
