import { SNAPSHOT_PER_STATEMENT } from '../../lib/repeat-transaction.ts';
import { Prisma, type PrismaClient } from '../../prisma/generated/auth/client.ts';

export interface WriteRate {
  burst: number;
  intervalMicros: number;
}

const SIGNING_KEY_LOCK = 7_203_841;

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
export const advance = (rows: Prisma.Sql, rate: WriteRate): Prisma.Sql => Prisma.sql`
  insert into write_allowances as known (user_id, whole_at) ${rows}
  on conflict (user_id) do update set whole_at = greatest(known.whole_at, now()) + ${cost(rate)}
  where greatest(known.whole_at, now()) + ${cost(rate)} <= now() + ${rate.burst} * ${cost(rate)}
  returning user_id as "userId"`;

export const cost = ({ intervalMicros }: WriteRate): Prisma.Sql =>
  Prisma.sql`(${intervalMicros} * interval '1 microsecond')`;

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
