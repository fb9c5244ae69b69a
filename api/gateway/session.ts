import type { Context } from 'koa';
import { Problem, unavailable } from '../../lib/problem.ts';
import { bearerToken, saysService } from '../../lib/tokens.ts';
import { sessionCookie } from './headers.ts';
import type { Answer, Upstreams } from './upstreams.ts';

/** Longer than auth waits for its database. */
const ANSWER_TIMEOUT_MS = 5_000;
/** A token holds without auth, so nobody waits long for it. */
const COUNT_TIMEOUT_MS = 1_000;

/**
 * What the services shall take the caller for, as an `authorization` header: the client's own token as it is, or what auth gives for
 * the session in the cookie. Undefined for a request with neither, or with one that does not hold. A role's token is none: roles ask
 * each other, and not through here. Auth counts the writes among the requests, and this rejects when there are too many.
 */
export async function authorizationOf(
  ctx: Context,
  upstreams: Upstreams,
  headers: Record<string, string>,
): Promise<string | undefined> {
  const told = { ...headers, 'x-forwarded-method': ctx.method };
  const bearer = bearerToken(ctx.get('authorization'));
  if (bearer)
    return saysService(bearer) ? undefined : ofToken(ctx, upstreams, { ...told, authorization: `Bearer ${bearer}` });
  const session = sessionCookie(ctx);
  return session['cookie'] && ofSession(upstreams, { ...told, ...session });
}

async function ofSession(upstreams: Upstreams, headers: Record<string, string>): Promise<string | undefined> {
  const answer = await ask(upstreams, headers, ANSWER_TIMEOUT_MS);
  if (answer.status === 200) return answer.headers['authorization'];
  if (answer.status === 401) return undefined;
  throw unavailable('Sessions cannot be looked up at the moment. Send the same request again');
}

/** The service looks at the token itself, so auth is asked about a write only, and one that it cannot count at the moment goes through. */
async function ofToken(
  ctx: Context,
  upstreams: Upstreams,
  headers: { authorization: string },
): Promise<string | undefined> {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return headers.authorization;
  const answer = await ask(upstreams, headers, COUNT_TIMEOUT_MS).catch(unlessRefused);
  return answer?.status === 401 ? undefined : headers.authorization;
}

async function ask(upstreams: Upstreams, headers: Record<string, string>, timeoutMs: number): Promise<Answer> {
  const answer = await upstreams.ask('auth', { method: 'GET', path: '/auth', headers, timeoutMs });
  await answer.body.dump();
  if (answer.status !== 429) return answer;
  throw new Problem('too-many-requests', undefined, {
    headers: { 'retry-after': answer.headers['retry-after'] ?? '1' },
  });
}

function unlessRefused(error: unknown): undefined {
  if (error instanceof Problem && error.kind !== 'too-many-requests') return undefined;
  throw error;
}
