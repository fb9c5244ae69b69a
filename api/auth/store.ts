import type { Database } from '../../lib/database.ts';
import { PrismaClient } from '../../prisma/generated/auth/client.ts';

export interface Credential {
  /** The user id of the whole system. */
  id: string;
  /** As it was registered. */
  username: string;
  passwordHash: string;
}

export interface StoredKey {
  kid: string;
  /** PKCS8 PEM. */
  privateKey: string;
  publicJwk: object;
}

/** How many sessions that have ended one login clears away: more than it adds, so that they never pile up. */
const SWEPT_PER_LOGIN_MAX = 20;
/** Names the lock under which the first signing key is made. */
const FIRST_KEY_LOCK = 7_203_841;

export type AuthStore = ReturnType<typeof createAuthStore>;

/** Credentials, sessions and signing keys. Passwords and session tokens come here as hashes only. */
export function createAuthStore({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });

  return {
    /** Adds the credential. False when the name, in whatever case, is taken. */
    async register({ id, username, passwordHash }: Credential): Promise<boolean> {
      const data = [{ id, username, loginName: username.toLowerCase(), passwordHash }];
      return (await db.credential.createMany({ data, skipDuplicates: true })).count === 1;
    },

    async findCredential(username: string): Promise<Credential | null> {
      return db.credential.findUnique({ where: { loginName: username.toLowerCase() } });
    },

    /** Replaces a password's hash, unless somebody else has replaced it first. */
    async replaceHash({ id, passwordHash }: Credential, next: string): Promise<void> {
      await db.credential.updateMany({ where: { id, passwordHash }, data: { passwordHash: next } });
    },

    /** Adds a session that ends after `ttlS` seconds by the database's clock, and clears away some that have ended. */
    async openSession({ id, tokenHash, userId, ttlS }: { id: string; tokenHash: string; userId: string; ttlS: number }): Promise<void> {
      await db.$executeRaw`
        with ended as (
          delete from sessions where id in (
            select id from sessions where expires_at <= now() limit ${SWEPT_PER_LOGIN_MAX} for update skip locked
          )
        )
        insert into sessions (id, token_hash, user_id, expires_at)
        values (${id}::uuid, ${tokenHash}, ${userId}::uuid, now() + ${ttlS} * interval '1 second')`;
    },

    /** Whose session this is. Undefined for one that has ended, was revoked or never was. */
    async sessionOwner(tokenHash: string): Promise<string | undefined> {
      const [session] = await db.$queryRaw<{ userId: string }[]>`
        select user_id as "userId" from sessions where token_hash = ${tokenHash} and expires_at > now()`;
      return session?.userId;
    },

    async endSession(tokenHash: string): Promise<void> {
      await db.session.deleteMany({ where: { tokenHash } });
    },

    /** The keys that are not retired, newest first. */
    async signingKeys(): Promise<(StoredKey & { createdAt: Date })[]> {
      const rows = await db.signingKey.findMany({ where: { retiredAt: null }, orderBy: [{ createdAt: 'desc' }, { kid: 'desc' }] });
      return rows.map((row) => ({ ...row, publicJwk: row.publicJwk as object }));
    },

    /** Keeps the key if there is none yet. Replicas that start at once queue up behind a lock, so that one of them makes the only key. */
    async addFirstSigningKey({ kid, privateKey, publicJwk }: StoredKey): Promise<void> {
      await db.$transaction([
        db.$executeRaw`select pg_advisory_xact_lock(${FIRST_KEY_LOCK})`,
        // A statement of its own: only a new snapshot sees the key of whoever held the lock before.
        db.$executeRaw`
          insert into signing_keys (kid, private_key, public_jwk)
          select ${kid}, ${privateKey}, ${JSON.stringify(publicJwk)}::jsonb
          where not exists (select from signing_keys where retired_at is null)`,
      ]);
    },

    close: () => db.$disconnect(),
  };
}
