import type { Context } from 'koa';
import { unavailable } from '../../lib/problem.ts';
import { SESSION_COOKIE, sessionToken } from '../../lib/session-cookie.ts';
import { bearerToken, saysService } from '../../lib/tokens.ts';
import type { Upstreams } from './upstreams.ts';

/** Longer than auth waits for its database. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * What the services shall take the caller for, as an `authorization` header: the client's own token as it is, or what auth gives for
 * the session in the cookie. Undefined for a request with neither, or with a session that does not hold. A role's token is none:
 * roles ask each other, and not through here.
 */
export async function authorizationOf(ctx: Context, upstreams: Upstreams, headers: Record<string, string>): Promise<string | undefined> {
  const bearer = bearerToken(ctx.get('authorization'));
  if (bearer) return saysService(bearer) ? undefined : `Bearer ${bearer}`;
  const token = sessionToken(ctx);
  if (!token) return undefined;

  const cookie = `${SESSION_COOKIE}=${token}`;
  const answer = await upstreams.ask('auth', { method: 'GET', path: '/auth', headers: { ...headers, cookie }, timeoutMs: ANSWER_TIMEOUT_MS });
  await answer.body.dump();
  if (answer.status === 200) return answer.headers['authorization'];
  if (answer.status === 401) return undefined;
  throw unavailable('Sessions cannot be looked up at the moment. Send the same request again');
}
