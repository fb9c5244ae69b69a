import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { v7 as uuidv7 } from 'uuid';
import { SESSION_COOKIE, sessionToken } from '../../lib/session-cookie.ts';
import type { AuthStore } from './store.ts';

const TOKEN_BYTES = 32;

export type Sessions = ReturnType<typeof createSessions>;

/** Sessions as a browser has them: the token is in a cookie and nowhere else. The store has its hash, so a copy of the table logs nobody in. */
export function createSessions({ store, ttlS }: { store: AuthStore; ttlS: number }) {
  return {
    /** Starts a session of the user and gives the client its cookie. */
    async open(ctx: Context, userId: string): Promise<void> {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      await store.openSession({ id: uuidv7(), tokenHash: hashOf(token), userId, ttlS });
      setCookie(ctx, token, ttlS);
    },

    /** Whose session the request comes with, if with one that holds. */
    async owner(ctx: Context): Promise<string | undefined> {
      const token = sessionToken(ctx);
      return token && store.sessionOwner(hashOf(token));
    },

    /** Ends the session that the request comes with, at once and everywhere, and clears the cookie. */
    async end(ctx: Context): Promise<void> {
      const token = sessionToken(ctx);
      if (token) await store.endSession(hashOf(token));
      setCookie(ctx, '', 0);
    },
  };
}

/** The token has 256 random bits: there is nothing to guess that a slower hash would protect. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

function setCookie(ctx: Context, value: string, maxAgeS: number): void {
  // Only the gateway or an ingress reaches this listener, and either says how it was reached itself.
  const secure = ctx.secure || ctx.get('x-forwarded-proto') === 'https';
  ctx.set('set-cookie', `${SESSION_COOKIE}=${value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${maxAgeS}${secure ? '; Secure' : ''}`);
  ctx.set('cache-control', 'no-store');
}
