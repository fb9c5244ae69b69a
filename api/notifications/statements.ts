/**
 * Keeps the messages about one order in sequence: the message about its first final status comes before the one about
 * its cancellation. If the first is not sent when the order is cancelled, it is superseded: it is listed, but never
 * sent.
 */
import { Prisma, type PrismaClient } from '../../prisma/generated/notifications/client.ts';
import { orderEvents } from '../../specs/generated/order-events.ts';
import type { NewNotification } from './notification.ts';

const CANCELLATION = orderEvents.CANCELLED.name;

const hasCancellation = (orderId: Prisma.Sql) => Prisma.sql`exists (
  select from notifications as cancellation
  where cancellation.order_id = ${orderId} and cancellation.event_name = ${CANCELLATION})`;

/** True of `mail` if it must not be sent any more, because its order was cancelled. */
export const isOvertaken = Prisma.sql`(mail.event_name <> ${CANCELLATION} and ${hasCancellation(Prisma.sql`mail.order_id`)})`;

/** True of `mail` if an earlier message about the same order is neither sent nor given up. */
export const mustWait = Prisma.sql`(mail.event_name = ${CANCELLATION} and exists (
  select from notifications as earlier
  where earlier.order_id = mail.order_id and earlier.event_name <> ${CANCELLATION} and earlier.status = 'PENDING'))`;

/** A sender may be sending the mail right now. */
export const inFlight = (mail: Prisma.Sql) =>
  Prisma.sql`(${mail}.attempts > ${mail}.ended_attempts and ${mail}.next_attempt_at > current_timestamp)`;

/** True of `mail` if the mail about its order's cancellation is sent, or may be on its way. */
export const isCancellationOut = Prisma.sql`exists (
  select from notifications as cancellation
  where cancellation.order_id = mail.order_id and cancellation.event_name = ${CANCELLATION}
    and (cancellation.status = 'SENT' or ${inFlight(Prisma.sql`cancellation`)}))`;

/**
 * Locks an order until the transaction ends. Without the lock, two replicas that record both messages of the order at
 * once would not see each other's row. It must be a separate statement, because only a later statement sees what the
 * previous holder of the lock has written.
 */
export const lockOrder = (db: PrismaClient, orderId: string) =>
  db.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${orderId}::uuid::text, 0))`;

/** As `lockOrder`, for the order that a mail is about. */
export const lockOrderOf = (db: PrismaClient, id: string) =>
  db.$executeRaw`
    select pg_advisory_xact_lock(hashtextextended(order_id::text, 0)) from notifications where id = ${id}::uuid`;

/**
 * Inserts the row unless the event has one. A buyer's list is sorted by `seq`, so a cancellation reserves a lower
 * number for the message that belongs before it, in case that one is recorded later. The mail waits if the buyer's profile
 * is awaited; the lock keeps the wait until this transaction ends.
 */
export const insertion = (
  db: PrismaClient,
  { id, userId, orderId, eventName, message, correlationId }: NewNotification,
) => db.$executeRaw`
  with drawn as materialized (
    select nextval(pg_get_serial_sequence('notifications', 'seq')) as one,
      nextval(pg_get_serial_sequence('notifications', 'seq')) as other
  ), wait as materialized (
    select from profile_waits where user_id = ${userId}::uuid for share
  )
  insert into notifications (id, user_id, order_id, event_name, message, correlation_id, seq, earlier_seq, awaits_profile)
  values (${id}::uuid, ${userId}::uuid, ${orderId}::uuid, ${eventName}, ${message}, ${correlationId},
    coalesce(
      (select min(earlier_seq) from notifications where order_id = ${orderId}::uuid and event_name = ${CANCELLATION}),
      (select greatest(one, other) from drawn)),
    (select least(one, other) from drawn where ${eventName} = ${CANCELLATION}),
    exists (select from wait))
  on conflict do nothing`;

/** Supersedes the order's first message if the order was cancelled, unless its mail is in flight. */
export const supersession = (db: PrismaClient, orderId: string) => db.$executeRaw`
  update notifications as mail set status = 'SUPERSEDED'
  where order_id = ${orderId}::uuid and status = 'PENDING' and ${isOvertaken} and not ${inFlight(Prisma.sql`mail`)}`;
