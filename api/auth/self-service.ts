import { takePage, idParam, pageParams, present } from '../../lib/http/answers.ts';
import { buyer, type Handlers } from '../../lib/http/api.ts';
import { Problem } from '../../lib/http/problem.ts';
import { addressOf } from './address.ts';
import type { LoginPorts } from './login.ts';
import { requestTokenHash, type Sessions } from './sessions.ts';
import type { Session } from './store.ts';
import { refuseWeak } from './weak-passwords.ts';

export type SelfServiceOperation = 'changePassword' | 'listSessions' | 'endSessions' | 'endSession';

/** Users' operations on their own password and sessions. */
export function selfServiceHandlers({
  store,
  passwords,
  sessions,
  limits,
}: LoginPorts & { sessions: Sessions }): Handlers<SelfServiceOperation> {
  return {
    changePassword: async (call) => {
      const { current, next } = call.body;
      const own = await store.credentialOf(buyer(call));
      if (!own) throw new Problem('wrong-credentials');
      refuseWeak(next, own.username, '/next');
      const origin = { address: addressOf(call.ctx), isKnown: true };
      if (!(await limits.asChange(own.id, () => passwords.matches(current, own.passwordHash, origin))))
        throw new Problem('wrong-credentials');
      const changed = await store.changePassword(own, await passwords.hash(next, origin), requestTokenHash(call.ctx));
      if (!changed) throw new Problem('wrong-credentials');
      call.ctx.status = 204;
    },

    // Without a session cookie, as with a bearer token, every listed session has `current: false`.
    listSessions: async (call) => {
      const { limit, before } = pageParams(call);
      const found = await store.sessionsOf(buyer(call), { limit: limit + 1, before });
      const current = requestTokenHash(call.ctx);
      present(
        call,
        200,
        takePage(call, found, limit, ({ id }) => id).map((session) => toBody(session, current)),
        { headers: { 'cache-control': 'no-store' } },
      );
    },

    endSessions: async (call) => {
      sessions.clearCookieIfEnded(call.ctx, await store.endSessionsOf(buyer(call)));
      call.ctx.status = 204;
    },

    endSession: async (call) => {
      const hash = await store.endSessionOf(buyer(call), idParam(call, 'id', noSuchSession()));
      if (hash === undefined) throw noSuchSession();
      sessions.clearCookieIfEnded(call.ctx, [hash]);
      call.ctx.status = 204;
    },
  };
}

/** Leaves out the token hash. */
const toBody = ({ id, tokenHash, createdAt, expiresAt }: Session, current: string | undefined) => ({
  id,
  createdAt,
  expiresAt,
  current: tokenHash === current,
});

/** Another user's session gets the same error, so that its existence is not revealed. */
const noSuchSession = (): Problem => new Problem('no-such-session');
