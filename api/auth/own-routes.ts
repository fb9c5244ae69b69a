import { buyer, type Handler } from '../../lib/api.ts';
import { firstPage, idParam, pageOf, present } from '../../lib/exchange.ts';
import { Problem } from '../../lib/problem.ts';
import type { Login, LoginPorts } from './login.ts';
import { hashIn, type Sessions } from './sessions.ts';
import type { Session } from './store.ts';

/** What users do to their own password and their own sessions. With a token they do the same; none of the sessions is then the one that is asking. */
export function ownHandlers({
  store,
  passwords,
  sessions,
  login,
}: LoginPorts & { sessions: Sessions; login: Login }): Record<string, Handler> {
  return {
    changePassword: async (call) => {
      const { current, next } = call.body as { current: string; next: string };
      const own = await store.credentialOf(buyer(call));
      if (!own) throw new Problem('wrong-credentials');
      // A guess at a password, wherever it is made, is a login that may fail.
      const known = await login(call.ctx, { username: own.username, password: current });
      const changed = await store.changePassword(known, await passwords.hash(next), hashIn(call.ctx));
      if (!changed) throw new Problem('wrong-credentials');
      call.ctx.status = 204;
    },

    listSessions: async (call) => {
      const { limit } = pageOf(call);
      const { before } = call.query as { before?: string };
      const found = await store.sessionsOf(buyer(call), { limit: limit + 1, before });
      const current = hashIn(call.ctx);
      present(
        call,
        200,
        firstPage(call, found, limit, ({ id }) => id).map((session) => toBody(session, current)),
        { headers: { 'cache-control': 'no-store' } },
      );
    },

    endSessions: async (call) => {
      sessions.ended(call.ctx, await store.endSessionsOf(buyer(call)));
      call.ctx.status = 204;
    },

    endSession: async (call) => {
      const hash = await store.endSessionOf(buyer(call), idParam(call, 'id', missing()));
      if (hash === undefined) throw missing();
      sessions.ended(call.ctx, [hash]);
      call.ctx.status = 204;
    },
  };
}

/** The only way out for a session. */
const toBody = ({ id, tokenHash, createdAt, expiresAt }: Session, current: string | undefined) => ({
  id,
  createdAt,
  expiresAt,
  current: tokenHash === current,
});

/** Another user's session and one that does not exist answer alike. */
const missing = (): Problem => new Problem('no-such-session');
