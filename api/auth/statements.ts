import { Prisma, type PrismaClient } from '../../prisma/generated/auth/client.ts';

/** How fast one user may write: a burst, and one more with each interval that passes. */
export interface WriteRate {
  burst: number;
  intervalMicros: number;
}

/** How many sessions that have ended one login clears away: more than it adds, so that they never pile up. */
const SWEPT_PER_LOGIN_MAX = 20;
/** Names the lock under which a signing key is made. */
const SIGNING_KEY_LOCK = 7_203_841;

export interface NewSession {
  id: string;
  tokenHash: string;
  userId: string;
  /** Of the password that was checked: a session is opened only while it is the one that holds. */
  passwordVersion: number;
  ttlS: number;
}

/**
 * Adds a session that ends by the database's clock, and clears away some that have ended. Answers how many were added. The share
 * lock makes a login with the old password and the change of it follow each other: whichever is second sees the first.
 */
export const openSession = (
  db: PrismaClient,
  { id, tokenHash, userId, passwordVersion, ttlS }: NewSession,
): Promise<number> => db.$executeRaw`
  with ended as (
    delete from sessions where id in (
      select id from sessions where expires_at <= now() limit ${SWEPT_PER_LOGIN_MAX} for update skip locked
    )
  ), holder as (
    select id from credentials where id = ${userId}::uuid and password_version = ${passwordVersion} for share
  )
  insert into sessions (id, token_hash, user_id, expires_at)
  select ${id}::uuid, ${tokenHash}, holder.id, now() + ${ttlS} * interval '1 second' from holder`;

/** Ends every session of the user but one, provided that the password's hash is this one by now. */
export const endOtherSessions = (
  db: PrismaClient,
  { userId, passwordHash, kept }: { userId: string; passwordHash: string; kept: string | undefined },
) =>
  db.$executeRaw`
  delete from sessions
  where user_id = ${userId}::uuid and token_hash is distinct from ${kept ?? null}::text
    and exists (select from credentials where id = ${userId}::uuid and password_hash = ${passwordHash})`;

/** Whose session it is, and whether that user may write once more, in one statement: each write of a buyer begins with it. */
export const findWriter = (
  db: PrismaClient,
  tokenHash: string,
  rate: WriteRate,
): Promise<{ userId: string; allowed: boolean }[]> => db.$queryRaw`
  with writer as (select user_id from sessions where token_hash = ${tokenHash} and expires_at > now()), taken as (
    ${take(Prisma.sql`select user_id, now() + ${cost(rate)} from writer`, rate)}
  )
  select user_id as "userId", exists (select from taken) as allowed from writer`;

/** One row if the user may write once more, none otherwise. */
export const takeWrite = (db: PrismaClient, userId: string, rate: WriteRate): Promise<{ userId: string }[]> =>
  db.$queryRaw`${take(Prisma.sql`values (${userId}::uuid, now() + ${cost(rate)})`, rate)}`;

/**
 * A bucket that is told by one moment, that from which it is whole again (GCRA). Each write moves it on by one interval, and is refused
 * where it would lie further off than a whole burst takes to come back.
 */
const take = (rows: Prisma.Sql, rate: WriteRate): Prisma.Sql => Prisma.sql`
  insert into write_allowances as known (user_id, whole_at) ${rows}
  on conflict (user_id) do update set whole_at = greatest(known.whole_at, now()) + ${cost(rate)}
  where greatest(known.whole_at, now()) + ${cost(rate)} <= now() + ${rate.burst} * ${cost(rate)}
  returning user_id as "userId"`;

const cost = ({ intervalMicros }: WriteRate): Prisma.Sql => Prisma.sql`(${intervalMicros} * interval '1 microsecond')`;

/** Adds the key unless there is one that is not older than this. Of replicas that come at once one adds its key, and the others find it. */
export const addSigningKey = (
  db: PrismaClient,
  key: { kid: string; privateKey: string; publicJwk: object },
  maxAgeS: number,
) =>
  db.$transaction([
    db.$executeRaw`select pg_advisory_xact_lock(${SIGNING_KEY_LOCK})`,
    // A statement of its own: only a new snapshot sees the key of whoever held the lock before.
    db.$executeRaw`
      insert into signing_keys (kid, private_key, public_jwk)
      select ${key.kid}, ${key.privateKey}, ${JSON.stringify(key.publicJwk)}::jsonb
      where not exists (select from signing_keys where created_at > now() - ${maxAgeS} * interval '1 second')`,
  ]);

/** Drops the keys whose successor has been there for so long. */
export const dropSupersededKeys = (db: PrismaClient, successorAgeS: number) => db.$executeRaw`
  delete from signing_keys where created_at < (
    select max(created_at) from signing_keys where created_at <= now() - ${successorAgeS} * interval '1 second'
  )`;
