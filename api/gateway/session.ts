import type { Context } from 'koa';
import { Problem, unavailable } from '../../lib/http/problem.ts';
import { claimsToBeService } from '../../lib/http/service-tokens.ts';
import { bearerToken } from '../../lib/http/tokens.ts';
import type { UpstreamResponse, Upstreams } from './upstreams.ts';

/** Longer than auth waits for its database. */
const ANSWER_TIMEOUT_MS = 5_000;
/** Short, because a service can verify a token without auth. */
const COUNT_TIMEOUT_MS = 1_000;

export interface Authorization {
  authorization: string;
  /** True if auth has just issued the token, so that no role has a reason to refuse it. */
  isFresh: boolean;
}

export interface AuthorizationPorts {
  upstreams: Upstreams;
  headers: Record<string, string>;
  /** The session cookie for auth. */
  session: { cookie?: string };
}

/**
 * Returns the client's own token, or the token that auth issues for its session cookie. Returns undefined if the client
 * has neither, or if auth rejects it. Role tokens are rejected here, because roles call each other directly. Throws if
 * auth reports too many writes.
 */
export async function authorizationOf(
  ctx: Context,
  { upstreams, headers, session }: AuthorizationPorts,
): Promise<Authorization | undefined> {
  const authHeaders = { ...headers, 'x-forwarded-method': ctx.method };
  const bearer = bearerToken(ctx.get('authorization'));
  if (bearer)
    return claimsToBeService(bearer)
      ? undefined
      : ofToken(ctx, upstreams, { ...authHeaders, authorization: `Bearer ${bearer}` });
  return session.cookie ? ofSession(upstreams, { ...authHeaders, ...session }) : undefined;
}

async function ofSession(upstreams: Upstreams, headers: Record<string, string>): Promise<Authorization | undefined> {
  const response = await requestAuth(upstreams, headers, ANSWER_TIMEOUT_MS);
  const { authorization } = response.headers;
  // A 200 without a token is not auth's, but perhaps a proxy's. It does not mean that the buyer is logged out.
  if (response.status === 200 && authorization) return { authorization, isFresh: true };
  if (response.status === 401) return undefined;
  throw unavailable('Sessions cannot be checked at the moment. Send the same request again');
}

/** The service verifies the token, so auth only counts writes. If auth is down, the write goes through uncounted. */
async function ofToken(
  ctx: Context,
  upstreams: Upstreams,
  headers: { authorization: string },
): Promise<Authorization | undefined> {
  const own = { authorization: headers.authorization, isFresh: false };
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return own;
  const response = await requestAuth(upstreams, headers, COUNT_TIMEOUT_MS).catch(ignoreUnavailable);
  return response?.status === 401 ? undefined : own;
}

async function requestAuth(
  upstreams: Upstreams,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<UpstreamResponse> {
  const response = await upstreams.request('auth', { method: 'GET', path: '/auth', headers, timeoutMs });
  await response.body.dump();
  if (response.status !== 429) return response;
  throw new Problem('too-many-requests', undefined, {
    headers: { 'retry-after': response.headers['retry-after'] ?? '1' },
  });
}

function ignoreUnavailable(error: unknown): undefined {
  if (error instanceof Problem && error.kind !== 'too-many-requests') return undefined;
  throw error;
}
