import { MAX } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { createRepeatTransaction, SNAPSHOT_PER_STATEMENT } from '../../lib/repeat-transaction.ts';
import { PrismaClient } from '../../prisma/generated/auth/client.ts';
import { findCredential, rememberAddress, type LoginCredential } from './address-statements.ts';
import { createAttempts } from './attempt-store.ts';
import {
  countSessionWrite,
  endOtherSessions,
  endSessionOf,
  endSessionsOf,
  endSurplusSessions,
  findSession,
  listSessions,
  openSession,
  recordUses,
  type NewSession,
  type Session,
  type SessionRules,
} from './session-statements.ts';
import { createUseRecorder } from './session-uses.ts';
import { addSigningKey, countWrite, dropSupersededKeys, type WriteRate } from './statements.ts';

export type { Session, SessionRules } from './session-statements.ts';
export type { WriteRate } from './statements.ts';

const DAY_S = 86_400;
export const SESSION_RULES: SessionRules = { idleS: 7 * DAY_S, perUserMax: 20 };

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
export function createAuthStore(
  { adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>,
  rules: SessionRules = SESSION_RULES,
) {
  // Prisma's other error formats contain the call's arguments, which are personal data.
  const db = new PrismaClient({ adapter, errorFormat: 'minimal' });
  const repeatTransaction = createRepeatTransaction(statementMs);
  const recordUse = createUseRecorder((tokenHashes) => recordUses(db, tokenHashes, rules));

  return {
    /** False if the name is taken, ignoring case. */
    async register({ id, username, passwordHash }: NewCredential): Promise<boolean> {
      const data = [{ id, username, loginName: username.toLowerCase(), passwordHash }];
      return (await db.credential.createMany({ data, skipDuplicates: true })).count === 1;
    },

    isNameTaken: async (username: string): Promise<boolean> =>
      (await db.credential.count({ where: { loginName: username.toLowerCase() } })) > 0,

    /** One statement for both, so that an unknown name takes as long as a known one. */
    findCredential: async (username: string, addressHash = ''): Promise<LoginCredential | undefined> =>
      (await findCredential(db, username.toLowerCase(), addressHash))[0],

    /** Remembers an address, by its hash, from which the user has logged in. */
    rememberAddress: async (userId: string, addressHash: string): Promise<void> =>
      void (await rememberAddress(db, userId, addressHash)),

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

    /**
     * Ends the session that this one replaces, and the user's oldest beyond the limit. Returns false and changes nothing
     * if the password has changed since it was checked.
     */
    async openSession(session: NewSession): Promise<boolean> {
      if ((await openSession(db, session)) !== 1) return false;
      await endSurplusSessions(db, { userId: session.userId, kept: session.id }, rules);
      return true;
    },

    /** Undefined if the session has ended or does not exist. */
    async sessionOwner(tokenHash: string): Promise<string | undefined> {
      const [session] = await findSession(db, tokenHash, rules);
      if (session?.isUseDue) recordUse(tokenHash);
      return session?.userId;
    },

    /** Counts one write of the session's user. Undefined if the session has ended or does not exist. */
    async countSessionWrite(
      tokenHash: string,
      rate: WriteRate,
    ): Promise<{ userId: string; allowed: boolean } | undefined> {
      const [session] = await countSessionWrite(db, tokenHash, rate, rules);
      if (session?.isUseDue) recordUse(tokenHash);
      return session;
    },

    /** False if the user is over the limit. */
    countWrite: async (userId: string, rate: WriteRate): Promise<boolean> =>
      (await countWrite(db, userId, rate)).length === 1,

    /** Live sessions with an id below `before`, newest first. */
    sessionsOf: (
      userId: string,
      { limit, before = MAX }: { limit: number; before?: string | undefined },
    ): Promise<Session[]> => listSessions(db, { userId, limit, before }, rules),

    async endSession(tokenHash: string): Promise<void> {
      await db.session.deleteMany({ where: { tokenHash } });
    },

    /** Returns the ended session's token hash. */
    endSessionOf: async (userId: string, id: string): Promise<string | undefined> =>
      (await endSessionOf(db, { userId, id }, rules))[0]?.tokenHash,

    /** Returns the ended sessions' token hashes. */
    endSessionsOf: async (userId: string): Promise<string[]> =>
      (await endSessionsOf(db, userId)).map(({ tokenHash }) => tokenHash),

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

    attempts: createAttempts(db),

    close: () => db.$disconnect(),
  };
}
