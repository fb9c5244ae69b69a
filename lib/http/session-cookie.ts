import type { Context } from 'koa';

export const SESSION_COOKIE = 'session_id';

/** 256 bits in base64url. */
const TOKEN = /^[\w-]{43}$/;

/** Undefined if the cookie is missing or malformed. */
export function sessionToken(ctx: Context): string | undefined {
  const value = ctx.cookies.get(SESSION_COOKIE);
  return value && TOKEN.test(value) ? value : undefined;
}
