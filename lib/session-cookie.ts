import type { Context } from 'koa';

export const SESSION_COOKIE = 'session_id';

/** What a session's token looks like: 256 bits in base64url. Anything else in the cookie is none. */
const TOKEN = /^[\w-]{43}$/;

/** The token in the request's session cookie, if there is one that could be right. */
export function sessionToken(ctx: Context): string | undefined {
  const value = ctx.cookies.get(SESSION_COOKIE);
  return value && TOKEN.test(value) ? value : undefined;
}
