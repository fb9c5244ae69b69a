import type { Context, Middleware } from 'koa';
import { Problem, unauthenticated } from '../../lib/problem.ts';
import { bearerToken, type TokenVerifier } from '../../lib/tokens.ts';
import { tooManyWrites, type Limits } from './limits.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface ForwardAuthPorts {
  sessions: Sessions;
  keys: SigningKeys;
  verify: TokenVerifier;
  limits: Limits;
}

/**
 * `GET /auth`: answers whose session or token a request comes with, and a token to go on with. It is asked once for every request
 * of a buyer, so it stands before routing and validation. The answer's `authorization` is for what stands in front of the
 * services, and must not reach a browser: there a script could read what HttpOnly hides.
 *
 * `X-Forwarded-Method` says what it is asked for. A write is counted, here where every session is looked up in any case: so there is
 * one limit for all that a user writes, whichever service it is for.
 */
export const forwardAuth =
  (ports: ForwardAuthPorts): Middleware =>
  async (ctx, next) => {
    if (ctx.path !== '/auth') return next();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD')
      throw new Problem('method-not-allowed', '/auth answers GET', { headers: { allow: 'GET, HEAD' } });
    ctx.state['operation'] = 'forwardAuth';

    const known = await identify(ctx, ports);
    if (!known) throw unauthenticated();
    ctx.set({ 'x-user-id': known.userId, authorization: `Bearer ${known.token}`, 'cache-control': 'no-store' });
    ctx.body = null;
    ctx.status = 200;
  };

interface Known {
  userId: string;
  token: string;
}

/** A token is handed on as it is, so that nobody lengthens its life by asking. A session is traded for a new one. */
async function identify(
  ctx: Context,
  { sessions, keys, verify, limits }: ForwardAuthPorts,
): Promise<Known | undefined> {
  const writes = !/^(|GET|HEAD|OPTIONS)$/i.test(ctx.get('x-forwarded-method'));
  const sent = bearerToken(ctx.get('authorization'));
  if (sent) {
    const caller = await verify(sent);
    if (caller?.kind !== 'user') return undefined;
    if (writes) await limits.countWrite(caller.id);
    return { userId: caller.id, token: sent };
  }
  const userId = writes ? await writer(ctx, sessions) : await sessions.owner(ctx);
  return userId === undefined ? undefined : { userId, token: await keys.sign(userId) };
}

async function writer(ctx: Context, sessions: Sessions): Promise<string | undefined> {
  const session = await sessions.writer(ctx);
  if (session?.allowed === false) throw tooManyWrites();
  return session?.userId;
}
