import { v7 as uuidv7 } from 'uuid';
import type { Call, Handler } from '../../lib/api.ts';
import { present } from '../../lib/exchange.ts';
import { loadPage } from '../../lib/page.ts';
import { Problem } from '../../lib/problem.ts';
import { USER_TOKEN_SECONDS } from '../../lib/tokens.ts';
import type { Passwords } from './passwords.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { AuthStore, Credential } from './store.ts';

export interface AuthPorts {
  store: AuthStore;
  passwords: Passwords;
  sessions: Sessions;
  keys: SigningKeys;
}

const NO_STORE = { 'cache-control': 'no-store' };
/** Less than a new key is published before it signs. */
const JWKS_CACHE = { 'cache-control': 'public, max-age=30' };

/** Auth's operations, but for `forwardAuth`. */
export function authHandlers(ports: AuthPorts): Record<string, Handler> {
  const { store, passwords, sessions, keys } = ports;
  const loginPage = loadPage('login');
  const logout: Handler = async (call) => {
    await sessions.end(call.ctx);
    answerEmpty(call);
  };

  return {
    loginPage: async ({ ctx }) => loginPage(ctx),
    logout,
    logoutByLink: logout,

    register: async (call) => {
      const { username, password } = credentials(call);
      const id = uuidv7();
      const isNew = await store.register({ id, username, passwordHash: await passwords.hash(password) });
      if (!isNew) throw new Problem('username-taken');
      present(call, 201, { id, username });
    },

    login: async (call) => {
      const { id, username } = await identify(call, ports);
      await sessions.open(call.ctx, id);
      present(call, 200, { id, username });
    },

    token: async (call) => {
      const { id } = await identify(call, ports);
      present(call, 200, { access_token: await keys.sign(id), token_type: 'Bearer', expires_in: USER_TOKEN_SECONDS }, { headers: NO_STORE });
    },

    jwks: async (call) => present(call, 200, await keys.published(), { headers: JWKS_CACHE }),
  };
}

const credentials = ({ body }: Call) => body as { username: string; password: string };

/** Whose name and password these are. An unknown name costs as much time as a wrong password, and is refused in the same words. */
async function identify(call: Call, { store, passwords }: AuthPorts): Promise<Credential> {
  const { username, password } = credentials(call);
  const known = await store.findCredential(username);
  const matches = await passwords.matches(password, known?.passwordHash);
  if (!known || !matches) throw new Problem('wrong-credentials');
  // Now, while the password is at hand, its hash can be brought up to date.
  if (passwords.isOutdated(known.passwordHash)) await store.replaceHash(known, await passwords.hash(password));
  return known;
}

/** 200 without a body. Koa takes a body of null for a 204, unless the status is set after it. */
function answerEmpty({ ctx }: Call): void {
  ctx.body = null;
  ctx.status = 200;
}
