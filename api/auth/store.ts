import { MAX } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { createRepeatTransaction, SNAPSHOT_PER_STATEMENT } from '../../lib/repeat-transaction.ts';
import { PrismaClient } from '../../prisma/generated/auth/client.ts';
import { createAttempts } from './attempt-store.ts';
import {
  addSigningKey,
  countSessionWrite,
  countWrite,
  dropSupersededKeys,
  endOtherSessions,
  openSession,
  type NewSession,
  type WriteRate,
} from './statements.ts';

export type { WriteRate } from './statements.ts';

export interface NewCredential {
  /** The user id. */
  id: string;
  /** As the user typed it; logins ignore case. */
  username: string;
  passwordHash: string;
}

export interface Credential extends NewCredential {
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
  /** By the database's clock. */
  ageMs: number;
}

export type AuthStore = ReturnType<typeof createAuthStore>;

/** Auth's database. Passwords and session tokens arrive as hashes only. */
export function createAuthStore({ adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>) {
  // Prisma's other error formats contain the call's arguments, which are personal data.
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });
  const repeatTransaction = createRepeatTransaction(statementMs);

  return {
    /** False if the name is taken, ignoring case. */
    async register({ id, username, passwordHash }: NewCredential): Promise<boolean> {
      const data = [{ id, username, loginName: username.toLowerCase(), passwordHash }];
      return (await db.credential.createMany({ data, skipDuplicates: true })).count === 1;
    },

    findCredential: (username: string): Promise<Credential | null> =>
      db.credential.findUnique({ where: { loginName: username.toLowerCase() } }),

    credentialOf: (userId: string): Promise<Credential | null> => db.credential.findUnique({ where: { id: userId } }),

    /** Stores a new hash of the same password, unless the stored hash has changed since it was read. */
    async replaceHash({ id, passwordHash }: Credential, next: string): Promise<void> {
      await db.credential.updateMany({ where: { id, passwordHash }, data: { passwordHash: next } });
    },

    /**
     * Sets the password and ends all sessions except `kept`. Returns false and changes nothing if the password has
     * changed since it was checked.
     */
    async changePassword(
      { id, passwordVersion }: Credential,
      next: string,
      kept: string | undefined,
    ): Promise<boolean> {
      const data = { passwordHash: next, passwordVersion: { increment: 1 } };
      const [{ count }] = await repeatTransaction(() =>
        db.$transaction(
          [
            db.credential.updateMany({ where: { id, passwordVersion }, data }),
            // A separate statement, because the first one may have waited for a concurrent login. Only a new snapshot
            // sees that login's session.
            endOtherSessions(db, { userId: id, passwordHash: next, kept }),
          ],
          SNAPSHOT_PER_STATEMENT,
        ),
      );
      return count === 1;
    },

    /** False if the password has changed since it was checked. */
    openSession: async (session: NewSession): Promise<boolean> => (await openSession(db, session)) === 1,

    /** Undefined if the session has expired or does not exist. */
    async sessionOwner(tokenHash: string): Promise<string | undefined> {
      const [session] = await db.$queryRaw<{ userId: string }[]>`
        select user_id as "userId" from sessions where token_hash = ${tokenHash} and expires_at > now()`;
      return session?.userId;
    },

    /** Counts one write of the session's user. Undefined if the session has expired or does not exist. */
    countSessionWrite: async (tokenHash: string, rate: WriteRate) => (await countSessionWrite(db, tokenHash, rate))[0],

    /** False if the user is over the limit. */
    countWrite: async (userId: string, rate: WriteRate): Promise<boolean> =>
      (await countWrite(db, userId, rate)).length === 1,

    /** Valid sessions with an id below `before`, newest first. */
    sessionsOf: (
      userId: string,
      { limit, before }: { limit: number; before?: string | undefined },
    ): Promise<Session[]> => db.$queryRaw<Session[]>`
      select id::text, token_hash as "tokenHash", created_at as "createdAt", expires_at as "expiresAt" from sessions
      where user_id = ${userId}::uuid and expires_at > now() and id < coalesce(${before ?? null}::uuid, ${MAX}::uuid)
      order by id desc limit ${limit}`,

    async endSession(tokenHash: string): Promise<void> {
      await db.session.deleteMany({ where: { tokenHash } });
    },

    /** Returns the ended session's token hash. */
    async endSessionOf(userId: string, id: string): Promise<string | undefined> {
      const [ended] = await db.$queryRaw<{ tokenHash: string }[]>`
        delete from sessions where id = ${id}::uuid and user_id = ${userId}::uuid and expires_at > now()
        returning token_hash as "tokenHash"`;
      return ended?.tokenHash;
    },

    /** Returns the ended sessions' token hashes. */
    async endSessionsOf(userId: string): Promise<string[]> {
      const ended = await db.$queryRaw<
        { tokenHash: string }[]
      >`delete from sessions where user_id = ${userId}::uuid returning token_hash as "tokenHash"`;
      return ended.map(({ tokenHash }) => tokenHash);
    },

    /** Newest first. */
    async signingKeys(): Promise<StoredSigningKey[]> {
      return db.$queryRaw<StoredSigningKey[]>`
        select kid, private_key as "privateKey", public_jwk as "publicJwk",
          (extract(epoch from now() - created_at) * 1000)::float8 as "ageMs"
        from signing_keys order by created_at desc, kid desc`;
    },

    addSigningKey: async (key: SigningKey, maxAgeS: number): Promise<void> =>
      void (await repeatTransaction(() => addSigningKey(db, key, maxAgeS))),

    dropSupersededKeys: async (successorAgeS: number): Promise<void> =>
      void (await dropSupersededKeys(db, successorAgeS)),

    queryAttempts: createAttempts(db),

    close: () => db.$disconnect(),
  };
}
