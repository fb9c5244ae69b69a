import { v7 as uuidv7 } from 'uuid';
import { present } from '../../lib/http/answers.ts';
import type { AnyCall, Handlers } from '../../lib/http/api.ts';
import { loadPage } from '../../lib/http/page.ts';
import { Problem } from '../../lib/http/problem.ts';
import { USER_TOKEN_SECONDS } from '../../lib/http/tokens.ts';
import { addressOf } from './address.ts';
import { createLogin, type LoginPorts } from './login.ts';
import { selfServiceHandlers, type SelfServiceOperation } from './self-service.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';
import { refuseWeak } from './weak-passwords.ts';

export interface AuthPorts extends LoginPorts {
  sessions: Sessions;
  keys: SigningKeys;
}

const NO_STORE = { 'cache-control': 'no-store' };
/** Clients refresh the keys before a new key signs, which is 120 s after it is published. */
const JWKS_CACHE = { 'cache-control': 'public, max-age=30' };

type Operations = 'loginPage' | 'logout' | 'logoutByLink' | 'register' | 'login' | 'token' | 'jwks';

/** Auth's operations, except `forwardAuth`. */
export function authHandlers(ports: AuthPorts): Handlers<Operations | SelfServiceOperation> {
  const { store, passwords, sessions, keys, limits } = ports;
  const login = createLogin(ports);
  const loginPage = loadPage('login');
  const logout = async (call: AnyCall) => {
    await sessions.end(call.ctx);
    respondEmpty(call);
  };

  return {
    loginPage: async ({ ctx }) => loginPage(ctx),
    logout,
    logoutByLink: logout,

    register: async (call) => {
      const { username, password } = call.body;
      refuseWeak(password, username, '/password');
      const address = addressOf(call.ctx);
      await limits.countRegistration(address);
      // A taken name costs no hash. The insert decides between concurrent registrations of one name.
      if (await store.isNameTaken(username)) throw new Problem('username-taken');
      const id = uuidv7();
      const passwordHash = await passwords.hash(password, { address, isKnown: false });
      if (!(await store.register({ id, username, passwordHash }))) throw new Problem('username-taken');
      present(call, 201, { id, username });
    },

    login: async (call) => {
      const known = await login(call.ctx, call.body);
      await sessions.open(call.ctx, known);
      present(call, 200, { id: known.id, username: known.username });
    },

    token: async (call) => {
      const { id } = await login(call.ctx, call.body);
      present(
        call,
        200,
        { access_token: await keys.sign(id), token_type: 'Bearer', expires_in: USER_TOKEN_SECONDS },
        { headers: NO_STORE },
      );
    },

    jwks: async (call) => present(call, 200, await keys.published(), { headers: JWKS_CACHE }),
    ...selfServiceHandlers(ports),
  };
}

/** Koa turns a null body into 204 unless the status is set afterwards. */
function respondEmpty({ ctx }: AnyCall): void {
  ctx.body = null;
  ctx.status = 200;
}
