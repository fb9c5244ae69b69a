import type { Context, Middleware } from 'koa';
import { Problem, unauthenticated } from '../../lib/http/problem.ts';
import { bearerToken, type TokenVerifier } from '../../lib/http/tokens.ts';
import type { Limits } from './limits.ts';
import { sessionUser } from './session-caller.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface ForwardAuthPorts {
  sessions: Sessions;
  keys: SigningKeys;
  verify: TokenVerifier;
  limits: Limits;
}

/**
 * `GET /auth` exchanges a session or token for a token that the services accept. A proxy calls it for every buyer
 * request, so it runs before routing and validation. The proxy must not pass the response's `authorization` on to
 * browsers: a page's script could read the token, whereas the HttpOnly session cookie is hidden from scripts. A request
 * whose `X-Forwarded-Method` is a write is counted here, so that one limit covers all services. The header counts only
 * from a proxy that auth believes.
 */
export const forwardAuth =
  (ports: ForwardAuthPorts): Middleware =>
  async (ctx, next) => {
    if (ctx.path !== '/auth') return next();
    ctx.state.path = ctx.path;
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD')
      throw new Problem('method-not-allowed', '/auth accepts only GET and HEAD', { headers: { allow: 'GET, HEAD' } });
    ctx.state.operation = 'forwardAuth';

    const identity = await identify(ctx, ports);
    if (!identity) throw unauthenticated();
    ctx.set({ 'x-user-id': identity.userId, authorization: `Bearer ${identity.token}`, 'cache-control': 'no-store' });
    ctx.body = null;
    ctx.status = 200;
  };

interface Identity {
  userId: string;
  token: string;
}

/** Returns a bearer token unchanged, so that its life is not extended. Exchanges a session for a new token. */
async function identify(
  ctx: Context,
  { sessions, keys, verify, limits }: ForwardAuthPorts,
): Promise<Identity | undefined> {
  const isWrite = !/^(|GET|HEAD|OPTIONS)$/i.test(ctx.state.client!.method ?? '');
  const sent = bearerToken(ctx.get('authorization'));
  if (sent) {
    const caller = await verify(sent);
    if (caller?.kind !== 'user') return undefined;
    if (isWrite) await limits.countWrite(caller.id);
    return { userId: caller.id, token: sent };
  }
  const userId = await sessionUser(ctx, sessions, isWrite);
  return userId === undefined ? undefined : { userId, token: await keys.sign(userId) };
}
