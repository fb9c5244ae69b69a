import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { v7 as uuidv7 } from 'uuid';
import { Problem } from '../../lib/http/problem.ts';
import { readSessionCookie, setSessionCookie } from '../../lib/http/session-cookie.ts';
import type { AuthStore, Credential, WriteRate } from './store.ts';

const TOKEN_BYTES = 32;

export type Sessions = ReturnType<typeof createSessions>;

/** Browser sessions. Only the cookie holds the token. The store has its hash, so a stolen table opens no session. */
export function createSessions({ store, ttlS, writeRate }: { store: AuthStore; ttlS: number; writeRate: WriteRate }) {
  return {
    /** Ends the session that the request came with. Throws if the password has changed since it was checked. */
    async open(ctx: Context, { id: userId, passwordVersion }: Credential): Promise<void> {
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      const session = { id: uuidv7(), tokenHash: hashOf(token), userId, passwordVersion, ttlS };
      const isOpen = await store.openSession({ ...session, replacedHash: requestTokenHash(ctx) });
      if (!isOpen) throw new Problem('wrong-credentials');
      setCookie(ctx, token, ttlS);
    },

    async owner(ctx: Context): Promise<string | undefined> {
      const hash = requestTokenHash(ctx);
      return hash && store.sessionOwner(hash);
    },

    async countWrite(ctx: Context): Promise<{ userId: string; allowed: boolean } | undefined> {
      const hash = requestTokenHash(ctx);
      return hash === undefined ? undefined : store.countSessionWrite(hash, writeRate);
    },

    async end(ctx: Context): Promise<void> {
      const hash = requestTokenHash(ctx);
      if (hash) await store.endSession(hash);
      setCookie(ctx, '', 0);
    },

    clearCookieIfEnded(ctx: Context, hashes: readonly string[]): void {
      const hash = requestTokenHash(ctx);
      if (hash && hashes.includes(hash)) setCookie(ctx, '', 0);
    },
  };
}

/** The hash of the request's session token, which may be invalid. */
export function requestTokenHash(ctx: Context): string | undefined {
  const { token } = readSessionCookie(ctx, ctx.state.client!);
  return token && hashOf(token);
}

/** A fast hash is enough for 256 random bits. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

function setCookie(ctx: Context, value: string, maxAgeS: number): void {
  ctx.set('set-cookie', setSessionCookie(ctx.state.client!, value, maxAgeS));
  ctx.set('cache-control', 'no-store');
}
