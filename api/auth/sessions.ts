import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../lib/problem.ts';
import { SESSION_COOKIE, sessionToken } from '../../lib/session-cookie.ts';
import type { AuthStore, Credential, WriteRate } from './store.ts';

const TOKEN_BYTES = 32;

export type Sessions = ReturnType<typeof createSessions>;

/** Sessions as a browser has them: the token is in a cookie and nowhere else. The store has its hash, so a copy of the table logs nobody in. */
export function createSessions({ store, ttlS, writeRate }: { store: AuthStore; ttlS: number; writeRate: WriteRate }) {
  return {
    /** Starts a session of the user and gives the client its cookie. Refused when the password has been changed since it was checked. */
    async open(ctx: Context, { id: userId, passwordVersion }: Credential): Promise<void> {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      if (!(await store.openSession({ id: uuidv7(), tokenHash: hashOf(token), userId, passwordVersion, ttlS })))
        throw new Problem('wrong-credentials');
      setCookie(ctx, token, ttlS);
    },

    /** Whose session the request comes with, if with one that holds. */
    async owner(ctx: Context): Promise<string | undefined> {
      const hash = hashIn(ctx);
      return hash && store.sessionOwner(hash);
    },

    /** The same for a write, which is counted, and is allowed or not. */
    async writer(ctx: Context): Promise<{ userId: string; allowed: boolean } | undefined> {
      const hash = hashIn(ctx);
      return hash === undefined ? undefined : store.sessionWriter(hash, writeRate);
    },

    /** Ends the session that the request comes with, at once and everywhere, and clears the cookie. */
    async end(ctx: Context): Promise<void> {
      const hash = hashIn(ctx);
      if (hash) await store.endSession(hash);
      setCookie(ctx, '', 0);
    },

    /** Clears the cookie of a request whose session is among these that have ended. */
    ended(ctx: Context, hashes: readonly string[]): void {
      const hash = hashIn(ctx);
      if (hash && hashes.includes(hash)) setCookie(ctx, '', 0);
    },
  };
}

/** The hash of the session's token that the request comes with, if with one. Whether it holds is another question. */
export function hashIn(ctx: Context): string | undefined {
  const token = sessionToken(ctx);
  return token && hashOf(token);
}

/** The token has 256 random bits: there is nothing to guess that a slower hash would protect. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

function setCookie(ctx: Context, value: string, maxAgeS: number): void {
  // Only the gateway or an ingress reaches this listener, and either says how it was reached itself.
  const secure = ctx.secure || ctx.get('x-forwarded-proto') === 'https';
  ctx.set(
    'set-cookie',
    `${SESSION_COOKIE}=${value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${maxAgeS}${secure ? '; Secure' : ''}`,
  );
  ctx.set('cache-control', 'no-store');
}
