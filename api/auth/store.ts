import { MAX } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { PrismaClient } from '../../prisma/generated/auth/client.ts';
import {
  addSigningKey,
  dropSupersededKeys,
  endOtherSessions,
  findWriter,
  openSession,
  takeWrite,
  type NewSession,
  type WriteRate,
} from './statements.ts';

export type { WriteRate } from './statements.ts';

export interface NewCredential {
  /** The user id of the whole system. */
  id: string;
  /** As it was registered. */
  username: string;
  passwordHash: string;
}

export interface Credential extends NewCredential {
  /** Counts the changes of the password. */
  passwordVersion: number;
}

export interface Session {
  id: string;
  tokenHash: string;
  createdAt: Date;
  expiresAt: Date;
}

export interface SigningKey {
  kid: string;
  /** PKCS8 PEM. */
  privateKey: string;
  publicJwk: object;
}

export interface StoredSigningKey extends SigningKey {
  /** By the database's clock, as all that is told by a time here. */
  ageMs: number;
}

/** How often something was tried in a window, and when that ends in milliseconds since 1970. */
interface Attempts {
  points: number;
  expire: number;
}

/** Behind every id. */

export type AuthStore = ReturnType<typeof createAuthStore>;

/** Credentials, sessions, signing keys and what limits are counted by. Passwords and session tokens come here as hashes only. */
export function createAuthStore({ adapter }: Pick<Database, 'adapter'>) {
  // Without the arguments of a call in its errors: they are personal.
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });

  return {
    /** Adds the credential. False when the name, in whatever case, is taken. */
    async register({ id, username, passwordHash }: NewCredential): Promise<boolean> {
      const data = [{ id, username, loginName: username.toLowerCase(), passwordHash }];
      return (await db.credential.createMany({ data, skipDuplicates: true })).count === 1;
    },

    findCredential: (username: string): Promise<Credential | null> =>
      db.credential.findUnique({ where: { loginName: username.toLowerCase() } }),

    credentialOf: (userId: string): Promise<Credential | null> => db.credential.findUnique({ where: { id: userId } }),

    /** Replaces a password's hash by another one of the same password, unless somebody else has replaced it first. */
    async replaceHash({ id, passwordHash }: Credential, next: string): Promise<void> {
      await db.credential.updateMany({ where: { id, passwordHash }, data: { passwordHash: next } });
    },

    /** Sets the next password, and ends every session of the user but that with the hash `kept`. False, and nothing, when the password has been changed since. */
    async changePassword(
      { id, passwordVersion }: Credential,
      next: string,
      kept: string | undefined,
    ): Promise<boolean> {
      const [{ count }] = await db.$transaction([
        db.credential.updateMany({
          where: { id, passwordVersion },
          data: { passwordHash: next, passwordVersion: { increment: 1 } },
        }),
        // A statement of its own: only a new snapshot sees the session of a login that the first one waited for.
        endOtherSessions(db, { userId: id, passwordHash: next, kept }),
      ]);
      return count === 1;
    },

    /** Opens a session. False when the password has been changed since it was checked. */
    openSession: async (session: NewSession): Promise<boolean> => (await openSession(db, session)) === 1,

    /** Whose session this is. Undefined for one that has ended, was revoked or never was. */
    async sessionOwner(tokenHash: string): Promise<string | undefined> {
      const [session] = await db.$queryRaw<{ userId: string }[]>`
        select user_id as "userId" from sessions where token_hash = ${tokenHash} and expires_at > now()`;
      return session?.userId;
    },

    /** The same, and counts one write of that user, if that is allowed. */
    sessionWriter: async (tokenHash: string, rate: WriteRate) => (await findWriter(db, tokenHash, rate))[0],

    /** Counts one write of the user. False when it is not allowed. */
    takeWrite: async (userId: string, rate: WriteRate): Promise<boolean> =>
      (await takeWrite(db, userId, rate)).length === 1,

    /** The user's sessions that hold, newest first, from before the one with the given id. */
    sessionsOf: (
      userId: string,
      { limit, before }: { limit: number; before?: string | undefined },
    ): Promise<Session[]> => db.$queryRaw<Session[]>`
      select id::text, token_hash as "tokenHash", created_at as "createdAt", expires_at as "expiresAt" from sessions
      where user_id = ${userId}::uuid and expires_at > now() and id < coalesce(${before ?? null}::uuid, ${MAX}::uuid)
      order by id desc limit ${limit}`,

    /** Ends the session with this token. */
    async endSession(tokenHash: string): Promise<void> {
      await db.session.deleteMany({ where: { tokenHash } });
    },

    /** Ends the user's session with this id, and answers the hash of its token. Undefined when there is none. */
    async endSessionOf(userId: string, id: string): Promise<string | undefined> {
      const [ended] = await db.$queryRaw<{ tokenHash: string }[]>`
        delete from sessions where id = ${id}::uuid and user_id = ${userId}::uuid and expires_at > now() returning token_hash as "tokenHash"`;
      return ended?.tokenHash;
    },

    /** Ends all sessions of the user, and answers the hashes of their tokens. */
    async endSessionsOf(userId: string): Promise<string[]> {
      const ended = await db.$queryRaw<
        { tokenHash: string }[]
      >`delete from sessions where user_id = ${userId}::uuid returning token_hash as "tokenHash"`;
      return ended.map(({ tokenHash }) => tokenHash);
    },

    /** All signing keys, newest first. */
    async signingKeys(): Promise<StoredSigningKey[]> {
      return db.$queryRaw<StoredSigningKey[]>`
        select kid, private_key as "privateKey", public_jwk as "publicJwk", (extract(epoch from now() - created_at) * 1000)::float8 as "ageMs"
        from signing_keys order by created_at desc, kid desc`;
    },

    /** Adds the key unless there is one that is younger than this. */
    addSigningKey: async (key: SigningKey, maxAgeS: number): Promise<void> =>
      void (await addSigningKey(db, key, maxAgeS)),

    /** Drops the keys whose successor is older than this. */
    dropSupersededKeys: async (successorAgeS: number): Promise<void> =>
      void (await dropSupersededKeys(db, successorAgeS)),

    /** Runs a statement of the limiting library on the table of attempts. */
    async queryAttempts({
      text,
      values,
    }: {
      text: string;
      values: unknown[];
    }): Promise<{ rows: Attempts[]; rowCount: number }> {
      const rows = await db.$queryRawUnsafe<{ points: number; expire: bigint }[]>(text, ...values);
      return { rows: rows.map(({ points, expire }) => ({ points, expire: Number(expire) })), rowCount: rows.length };
    },

    close: () => db.$disconnect(),
  };
}
