import type { Database } from '../../lib/database.ts';
import { createRepeatTransaction, SNAPSHOT_PER_STATEMENT } from '../../lib/repeat-transaction.ts';
import { PrismaClient } from '../../prisma/generated/notifications/client.ts';
import type { OrderEventName } from '../../specs/generated/order-events.ts';
import { mails } from './metrics.ts';
import type { DeliveryStatus, NewNotification } from './notification.ts';
import {
  insertion,
  isCancellationOut,
  isOvertaken,
  lockOrder,
  lockOrderOf,
  mustWait,
  supersession,
} from './statements.ts';

export type { NewNotification };

export interface Notification extends NewNotification {
  seq: number;
  status: DeliveryStatus;
  createdAt: Date;
}

type Attempt = Pick<Claimed, 'id' | 'attempts'>;

/** A notification that one sender has claimed. */
export interface Claimed extends NewNotification {
  /** Number of claims, this one included. */
  attempts: number;
  /** Time since the notification was recorded. */
  ageMs: number;
  /** The age at which the mail server first refused the mail for a reason that is not the recipient. */
  refusedAgeMs: number | null;
}

export type NotificationStore = ReturnType<typeof createNotificationStore>;

/** One row per order event, however often Kafka delivers it. */
export function createNotificationStore({ adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>) {
  const db = new PrismaClient({ adapter });
  const repeatTransaction = createRepeatTransaction(statementMs);
  const countSuperseded = (count: number) => mails.inc({ end: 'superseded' }, count);

  return {
    /**
     * Inserts the row for this event. If the row exists, returns false and leaves it unchanged. If the order was
     * cancelled, its other message is superseded, whichever of the two is recorded first, unless its mail is in flight.
     */
    async record(notification: NewNotification): Promise<boolean> {
      const { orderId } = notification;
      const [, inserted, superseded] = await repeatTransaction(() =>
        db.$transaction(
          [lockOrder(db, orderId), insertion(db, notification), supersession(db, orderId)],
          SNAPSHOT_PER_STATEMENT,
        ),
      );
      countSuperseded(superseded);
      return inserted === 1;
    },

    /**
     * The buyer's notifications with a `seq` below `before`, newest first. The cancellation of an order is newer than
     * the order's first final status.
     */
    async list(
      userId: string,
      { limit, before }: { limit: number; before?: number | undefined },
    ): Promise<Notification[]> {
      const rows = await db.notification.findMany({
        where: { userId, ...(before !== undefined && { seq: { lt: before } }) },
        orderBy: { seq: 'desc' },
        take: limit,
      });
      return rows.map((row) => ({
        ...row,
        seq: Number(row.seq),
        eventName: row.eventName as OrderEventName,
        status: row.status as DeliveryStatus,
      }));
    },

    /**
     * Claims up to `limit` due notifications, each for one caller. A notification that is not marked or postponed
     * within `leaseMs` is due again. So a crash loses no mail, although no transaction is open while a mail is sent. A
     * due mail whose order was cancelled is superseded instead. Mails that the mail server has refused come last, so that
     * a backlog of them does not delay the others.
     */
    async claim(limit: number, leaseMs: number): Promise<Claimed[]> {
      const rows = await db.$queryRaw<Array<Claimed & { status: DeliveryStatus }>>`
        with due as (
          select id, ${isOvertaken} as overtaken from notifications as mail
          where status = 'PENDING' and next_attempt_at <= current_timestamp and not ${mustWait}
          order by (refused_age_ms is not null), next_attempt_at limit ${limit} for update skip locked
        )
        update notifications set status = case when overtaken then 'SUPERSEDED' else status end,
          attempts = attempts + case when overtaken then 0 else 1 end,
          next_attempt_at = current_timestamp + ${leaseMs}::double precision * interval '1 millisecond'
        from due where notifications.id = due.id
        returning notifications.id::text, user_id::text as "userId", order_id::text as "orderId",
          event_name as "eventName", message, correlation_id as "correlationId", status, attempts,
          refused_age_ms as "refusedAgeMs",
          (extract(epoch from current_timestamp - created_at) * 1000)::double precision as "ageMs"`;
      const claimed = rows.filter(({ status }) => status === 'PENDING');
      countSuperseded(rows.length - claimed.length);
      return claimed;
    },

    /**
     * A mail that was superseded while it was sent becomes `SENT` too, unless the mail about the cancellation is sent or
     * on its way. Then the order in which the two arrive is unknown.
     */
    async markSent(id: string): Promise<void> {
      await db.$executeRaw`
        update notifications as mail set status = 'SENT', sent_at = current_timestamp
        where id = ${id}::uuid and (status = 'PENDING' or (status = 'SUPERSEDED' and not ${isCancellationOut}))`;
    },

    /** Abandons the mail unless a later attempt has claimed it. `reason` must contain no personal data. */
    async markUndeliverable({ id, attempts }: Attempt, reason: string): Promise<void> {
      await db.$executeRaw`
        update notifications set status = 'UNDELIVERABLE', reason = ${reason}, undeliverable_at = current_timestamp
        where id = ${id}::uuid and attempts = ${attempts} and status = 'PENDING'`;
    },

    /**
     * Retries the mail after `delayMs`, unless a later attempt has claimed it. Supersedes it if its order was cancelled
     * during the attempt, and returns true in that case. Stores `refusedAgeMs` unless an earlier attempt has stored one.
     */
    async postpone({ id, attempts }: Attempt, delayMs: number, refusedAgeMs?: number): Promise<boolean> {
      const postponement = () => db.$queryRaw<Array<{ status: DeliveryStatus }>>`
          update notifications as mail
          set next_attempt_at = current_timestamp + ${delayMs}::double precision * interval '1 millisecond',
            ended_attempts = attempts, refused_age_ms = coalesce(refused_age_ms, ${refusedAgeMs ?? null}),
            status = case when ${isOvertaken} then 'SUPERSEDED' else status end
          where id = ${id}::uuid and attempts = ${attempts} and status = 'PENDING'
          returning status`;
      const [, rows] = await repeatTransaction(() =>
        db.$transaction([lockOrderOf(db, id), postponement()], SNAPSHOT_PER_STATEMENT),
      );
      const isSuperseded = rows[0]?.status === 'SUPERSEDED';
      if (isSuperseded) countSuperseded(1);
      return isSuperseded;
    },

    async pending(): Promise<number> {
      return db.notification.count({ where: { status: 'PENDING' } });
    },

    close: () => db.$disconnect(),
  };
}
