import { Prisma, type PrismaClient } from '../../prisma/generated/notifications/client.ts';
import type { Claimed } from './claimed.ts';
import type { DeliveryStatus } from './notification.ts';
import { isOvertaken, mustWait } from './statements.ts';

/** The columns of a claimed `mail`, for `returning`. */
export const CLAIMED = Prisma.sql`mail.id::text, mail.user_id::text as "userId", mail.order_id::text as "orderId",
  mail.event_name as "eventName", mail.message, mail.correlation_id as "correlationId", mail.status, mail.attempts,
  mail.refused_age_ms as "refusedAgeMs",
  (extract(epoch from current_timestamp - mail.created_at) * 1000)::double precision as "ageMs",
  (extract(epoch from mail.next_attempt_at) * 1000)::double precision as "leaseEndMs",
  mail.awaits_profile as "awaitsProfile", mail.domain_key as "domainKey",
  case when mail.turn_at is not null then jsonb_build_object('addressKey', mail.address_key,
    'atMs', (extract(epoch from mail.turn_at) * 1000)::bigint,
    'ageMs', extract(epoch from current_timestamp - mail.turn_at) * 1000) end as turn`;

const WAITS_FOR_DOMAIN = Prisma.sql`(status = 'PENDING' and not awaits_profile and domain_key is not null)`;
const DUE = Prisma.sql`(next_attempt_at <= current_timestamp and not ${mustWait})`;
const IN_TURN = Prisma.sql`(refused_age_ms is not null), next_attempt_at`;

/** `rest`: how many more mails may be sent to the domain at once. */
interface DomainRest {
  domainKey: string;
  rest: number;
}

export interface DomainRests {
  /** The rest of each domain that is not in `listed`. */
  otherwise: number;
  listed: readonly DomainRest[];
}

/**
 * Claims due mails: those that are not queued for a domain, and of those that are, at most as many per domain as its
 * `rest`. Reads the domains from the index one by one, so the queue of a domain without a rest costs nothing.
 */
export const claiming = (db: PrismaClient, limit: number, leaseMs: number, { otherwise, listed }: DomainRests) =>
  db.$queryRaw<Array<Claimed & { status: DeliveryStatus }>>`
    with recursive domains(key) as (
      select min(domain_key) from notifications where ${WAITS_FOR_DOMAIN}
      union all
      select (select min(domain_key) from notifications where ${WAITS_FOR_DOMAIN} and domain_key > domains.key)
      from domains where domains.key is not null
    ), rests as (
      select domains.key, coalesce(used.rest, ${otherwise}::int) as rest from domains
      left join unnest(${listed.map(({ domainKey }) => domainKey)}::text[], ${listed.map(({ rest }) => rest)}::int[])
        as used(key, rest) on used.key = domains.key
      where domains.key is not null
    ), queued as (
      select mail.* from rests cross join lateral (
        select id, (refused_age_ms is not null) as refused, next_attempt_at from notifications as mail
        where ${WAITS_FOR_DOMAIN} and domain_key = rests.key and ${DUE}
        order by ${IN_TURN} limit rests.rest for update skip locked) as mail
    ), free as (
      select id, (refused_age_ms is not null) as refused, next_attempt_at from notifications as mail
      where status = 'PENDING' and not awaits_profile and domain_key is null and ${DUE}
      order by ${IN_TURN} limit ${limit} for update skip locked
    ), due as (
      select id from (select * from queued union all select * from free) as all_due
      order by refused, next_attempt_at limit ${limit}
    )
    update notifications as mail set status = case when ${isOvertaken} then 'SUPERSEDED' else mail.status end,
      attempts = mail.attempts + case when ${isOvertaken} then 0 else 1 end,
      next_attempt_at = current_timestamp + ${leaseMs}::double precision * interval '1 millisecond'
    from due where mail.id = due.id
    returning ${CLAIMED}`;
