import type { Middleware } from 'koa';
import { onlyTag, serveApi, type ApiPorts } from '../../lib/http/api.ts';
import { refuseForeignPages } from '../../lib/http/cross-site.ts';
import { clearPlantedCookies } from '../../lib/http/planted-cookies.ts';
import { createRouteTable } from '../../lib/http/route-table.ts';
import { createLocalTokenVerifier } from '../../lib/http/tokens.ts';
import { identifyClient, type ClientPorts } from './client.ts';
import { forwardAuth } from './forward-auth.ts';
import { createLimits, type LimitSettings } from './limits.ts';
import type { Passwords } from './passwords.ts';
import { authHandlers } from './routes.ts';
import { acceptSession } from './session-caller.ts';
import { createSessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { AuthStore } from './store.ts';

export interface AuthOptions extends Pick<ApiPorts, 'document'>, ClientPorts {
  store: AuthStore;
  passwords: Passwords;
  keys: SigningKeys;
  sessionTtlS: number;
  limits: LimitSettings;
}

/** Auth's HTTP API, in the order in which it runs. */
export function authApi({
  document,
  store,
  passwords,
  keys,
  sessionTtlS,
  limits: settings,
  ...clientPorts
}: AuthOptions): Middleware[] {
  const limits = createLimits(store, settings);
  const sessions = createSessions({ store, ttlS: sessionTtlS, writeRate: limits.writeRate });
  const verify = createLocalTokenVerifier(keys.published);
  const handlers = authHandlers({ store, passwords, sessions, keys, limits });
  // `/auth` also accepts a session. `serveApi` does not know this security scheme, so `forwardAuth` serves the path.
  const { '/auth': _forwardAuth, ...paths } = document.paths!;
  const others = { ...document, paths } as typeof document;
  const routes = createRouteTable(onlyTag(others, 'auth'));
  return [
    identifyClient(clientPorts),
    clearPlantedCookies(({ state }) => state.client!),
    // The gateway rejects these requests too. But if everything runs on one machine, a page can reach this listener
    // directly.
    refuseForeignPages(routes, ({ state }) => state.client!),
    forwardAuth({ sessions, keys, verify, limits }),
    acceptSession({ routes, sessions, keys }),
    serveApi({ document: others, tag: 'auth', handlers, verify }),
  ];
}
