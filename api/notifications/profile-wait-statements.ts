import { Prisma, type PrismaClient } from '../../prisma/generated/notifications/client.ts';
import { CLAIMED } from './claim-statements.ts';
import type { Attempt, Claimed } from './claimed.ts';
import { inFlight, isOvertaken, mustWait } from './statements.ts';

/** Pauses between the look-ups of one buyer's profile. They grow by `factor`. */
interface Pause {
  firstMs: number;
  factor: number;
  maxMs: number;
}
/** A new profile ends the pause at once, so long pauses delay no mail. */
const MISSING_PAUSE: Pause = { firstMs: 1_000, factor: 4, maxMs: 900_000 };
const UNANSWERED_PAUSE: Pause = { firstMs: 1_000, factor: 2, maxMs: 60_000 };
/** At this exponent the pauses have reached their maximum; a higher one would overflow. */
const DOUBLINGS_MAX = 30;

export interface NextLookup {
  /** The number of look-ups so far. */
  lookups: number;
  nextLookupInMs: number;
}

/** The profile does not exist: its mails become undeliverable after `profileWaitMs`, for this reason. */
export interface Missing {
  profileWaitMs: number;
  reason: string;
}

/** Claims a mail of each buyer whose look-up is due. A row with the id null names a buyer who has no mail to claim. */
export const claimingAwaiting = (db: PrismaClient, limit: number, leaseMs: number) => {
  const lease = Prisma.sql`current_timestamp + ${leaseMs}::double precision * interval '1 millisecond'`;
  return db.$queryRaw<Array<{ buyer: string } & (Claimed | { id: null })>>`
      with due as materialized (
        select user_id as buyer from profile_waits where next_lookup_at <= current_timestamp
        order by next_lookup_at limit ${limit} for update skip locked
      ), leased as (
        update profile_waits set next_lookup_at = ${lease} from due where user_id = buyer
      ), oldest as (
        select mail.id from due cross join lateral (
          select id from notifications as mail
          where user_id = buyer and status = 'PENDING' and awaits_profile
            and not ${inFlight(Prisma.sql`mail`)} and not ${mustWait} and not ${isOvertaken}
          order by created_at limit 1) as mail
      ), claimed as (
        update notifications as mail set attempts = attempts + 1, next_attempt_at = ${lease}
        from oldest where mail.id = oldest.id and status = 'PENDING'
        returning ${CLAIMED}
      )
      select buyer::text, claimed.* from due left join claimed on claimed."userId" = buyer::text`;
};

/** Sets the time of the next look-up. If the profile changed during the look-up, the next one is due at once. */
export const extension = (db: PrismaClient, userId: string, isUnanswered: boolean) => {
  const { firstMs, factor, maxMs } = isUnanswered ? UNANSWERED_PAUSE : MISSING_PAUSE;
  const lookups = Prisma.sql`case when wait.is_unanswered = excluded.is_unanswered then wait.lookups else 0 end`;
  return db.$queryRaw<NextLookup[]>`
    insert into profile_waits as wait (user_id, lookups, is_unanswered, next_lookup_at)
    values (${userId}::uuid, 1, ${isUnanswered}, current_timestamp + ${firstMs}::double precision * interval '1 millisecond')
    on conflict (user_id) do update set lookups = 1 + ${lookups}, is_unanswered = excluded.is_unanswered,
      next_lookup_at = case when wait.next_lookup_at <= current_timestamp then wait.next_lookup_at
        else current_timestamp + interval '1 millisecond' * least(${maxMs}::double precision,
          ${firstMs}::double precision * power(${factor}::double precision, least(${DOUBLINGS_MAX}, ${lookups}))) end
    returning lookups,
      (extract(epoch from next_lookup_at - current_timestamp) * 1000)::double precision as "nextLookupInMs"`;
};

export const holding = (
  db: PrismaClient,
  userId: string,
  attempts: readonly Attempt[],
  missing: Missing | undefined,
) => {
  const isExpired = missing
    ? Prisma.sql`(created_at <= current_timestamp - ${missing.profileWaitMs}::double precision * interval '1 millisecond')`
    : Prisma.sql`false`;
  const isOwn = Prisma.sql`((id, attempts) in (
    select * from unnest(${attempts.map(({ id }) => id)}::uuid[], ${attempts.map((each) => each.attempts)}::int[])))`;
  return db.$queryRaw<Array<{ status: string }>>`
    update notifications as mail set awaits_profile = not ${isExpired}, ended_attempts = attempts, domain_key = null,
      status = case when ${isExpired} then 'UNDELIVERABLE' else status end,
      reason = case when ${isExpired} then ${missing?.reason ?? null} else reason end,
      undeliverable_at = case when ${isExpired} then current_timestamp else undeliverable_at end
    where user_id = ${userId}::uuid and status = 'PENDING'
      and (${isOwn} or (not ${inFlight(Prisma.sql`mail`)} and (not awaits_profile or ${isExpired})))
    returning status`;
};

export const endIfUnused = (db: PrismaClient, userId: string) => db.$executeRaw`
  delete from profile_waits where user_id = ${userId}::uuid and not exists (
    select from notifications where user_id = ${userId}::uuid and status = 'PENDING' and awaits_profile)`;

/** Makes the buyer's mails due that waited for the profile. */
export const release = (db: PrismaClient, userId: string) =>
  db.$executeRaw`
            update notifications as mail set awaits_profile = false,
              next_attempt_at = case when ${inFlight(Prisma.sql`mail`)} then next_attempt_at
                else least(next_attempt_at, current_timestamp) end
            where user_id = ${userId}::uuid and status = 'PENDING' and awaits_profile`;

export const removal = (db: PrismaClient, userId: string) =>
  db.$executeRaw`delete from profile_waits where user_id = ${userId}::uuid`;

/** Makes the look-up due, and restarts the pauses from the shortest. */
export const expedition = (db: PrismaClient, userId: string) => db.$executeRaw`
  update profile_waits set next_lookup_at = current_timestamp, lookups = 0 where user_id = ${userId}::uuid`;

export const expeditionOfUnanswered = (db: PrismaClient) => db.$executeRaw`
  update profile_waits set next_lookup_at = current_timestamp, lookups = 0
  where is_unanswered and next_lookup_at > current_timestamp`;
