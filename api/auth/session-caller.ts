import type { Context, Middleware } from 'koa';
import type { RouteTable } from '../../lib/http/route-table.ts';
import { tooManyWrites } from './limits.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';

interface Ports {
  routes: RouteTable;
  sessions: Sessions;
  keys: SigningKeys;
}

/**
 * Lets a session call the operations of a buyer, as at the gateway, because an ingress that publishes them passes on
 * only the cookie. Does not change a request that has an `Authorization` header.
 */
export const acceptSession =
  ({ routes, sessions, keys }: Ports): Middleware =>
  async (ctx, next) => {
    const route = routes(ctx.method, ctx.path)?.route;
    if (route?.role === 'auth' && route.callers.includes('user') && !ctx.get('authorization')) {
      const userId = await sessionUser(ctx, sessions, ctx.method !== 'GET' && ctx.method !== 'HEAD');
      if (userId !== undefined) ctx.req.headers.authorization = `Bearer ${await keys.sign(userId)}`;
    }
    await next();
  };

/** The user of the request's session. Counts a write, and throws if the user has made too many. */
export async function sessionUser(ctx: Context, sessions: Sessions, isWrite: boolean): Promise<string | undefined> {
  if (!isWrite) return sessions.owner(ctx);
  const session = await sessions.countWrite(ctx);
  if (session?.allowed === false) throw tooManyWrites();
  return session?.userId;
}
