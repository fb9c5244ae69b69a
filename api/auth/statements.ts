import { SNAPSHOT_PER_STATEMENT } from '../../lib/repeat-transaction.ts';
import { Prisma, type PrismaClient } from '../../prisma/generated/auth/client.ts';

export interface WriteRate {
  burst: number;
  intervalMicros: number;
}

/** A login adds one session and deletes up to this many expired ones, so these never pile up. */
const SWEPT_PER_LOGIN_MAX = 20;
const SIGNING_KEY_LOCK = 7_203_841;

export interface NewSession {
  id: string;
  tokenHash: string;
  userId: string;
  /** The version of the password that was checked. If it has changed since, no session is opened. */
  passwordVersion: number;
  ttlS: number;
}

/**
 * Adds a session and deletes some expired ones. Returns the number added. With the share lock, a login and a concurrent
 * change of the same password run one after the other, and the later one sees the earlier one's effect.
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

/** Ends all the user's sessions except `kept`, but only if `passwordHash` is now the stored hash. */
export const endOtherSessions = (
  db: PrismaClient,
  { userId, passwordHash, kept }: { userId: string; passwordHash: string; kept: string | undefined },
) =>
  db.$executeRaw`
  delete from sessions
  where user_id = ${userId}::uuid and token_hash is distinct from ${kept ?? null}::text
    and exists (select from credentials where id = ${userId}::uuid and password_hash = ${passwordHash})`;

/** Finds the session's user and counts a write. One statement, since every write needs both. */
export const countSessionWrite = (
  db: PrismaClient,
  tokenHash: string,
  rate: WriteRate,
): Promise<{ userId: string; allowed: boolean }[]> => db.$queryRaw`
  with writer as (select user_id from sessions where token_hash = ${tokenHash} and expires_at > now()), taken as (
    ${advance(Prisma.sql`select user_id, now() + ${cost(rate)} from writer`, rate)}
  )
  select user_id as "userId", exists (select from taken) as allowed from writer`;

/** Counts a write. Returns no row if the user is over the limit. */
export const countWrite = (db: PrismaClient, userId: string, rate: WriteRate): Promise<{ userId: string }[]> =>
  db.$queryRaw`${advance(Prisma.sql`values (${userId}::uuid, now() + ${cost(rate)})`, rate)}`;

/**
 * A token bucket stored as one timestamp: the time at which the bucket is full again (GCRA). A write moves the
 * timestamp one interval later. The write is refused if the timestamp would then lie more than a burst ahead of now.
 *
 * rate-limiter-flexible, which counts failed logins, has only fixed windows: around the end of a window they let two
 * bursts through. It would also add a statement to every write.
 */
const advance = (rows: Prisma.Sql, rate: WriteRate): Prisma.Sql => Prisma.sql`
  insert into write_allowances as known (user_id, whole_at) ${rows}
  on conflict (user_id) do update set whole_at = greatest(known.whole_at, now()) + ${cost(rate)}
  where greatest(known.whole_at, now()) + ${cost(rate)} <= now() + ${rate.burst} * ${cost(rate)}
  returning user_id as "userId"`;

const cost = ({ intervalMicros }: WriteRate): Prisma.Sql => Prisma.sql`(${intervalMicros} * interval '1 microsecond')`;

/** Adds the key unless one younger than `maxAgeS` exists. If several replicas try at once, only one adds its key. */
export const addSigningKey = (
  db: PrismaClient,
  key: { kid: string; privateKey: string; publicJwk: object },
  maxAgeS: number,
) =>
  db.$transaction(
    [
      db.$executeRaw`select pg_advisory_xact_lock(${SIGNING_KEY_LOCK})`,
      // A separate statement: only a new snapshot sees the previous lock holder's key.
      db.$executeRaw`
        insert into signing_keys (kid, private_key, public_jwk)
        select ${key.kid}, ${key.privateKey}, ${JSON.stringify(key.publicJwk)}::jsonb
        where not exists (select from signing_keys where created_at > now() - ${maxAgeS} * interval '1 second')`,
    ],
    SNAPSHOT_PER_STATEMENT,
  );

/** Drops the keys whose successor is older than `successorAgeS`. */
export const dropSupersededKeys = (db: PrismaClient, successorAgeS: number) => db.$executeRaw`
  delete from signing_keys where created_at < (
    select max(created_at) from signing_keys where created_at <= now() - ${successorAgeS} * interval '1 second'
  )`;
