import type { Database } from '../../lib/database.ts';
import { PrismaClient } from '../../prisma/generated/notifications/client.ts';
import type { OrderEventName } from '../../specs/generated/order-events.ts';

type DeliveryStatus = 'PENDING' | 'SENT' | 'UNDELIVERABLE';

export interface NewNotification {
  /** The event's id. */
  id: string;
  userId: string;
  orderId: string;
  eventName: OrderEventName;
  message: string;
  correlationId: string;
}

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
}

export type NotificationStore = ReturnType<typeof createNotificationStore>;

/** One row per order event, however often Kafka delivers it. */
export function createNotificationStore({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });

  return {
    /** Inserts the row for this event. If the row exists, returns false and leaves it unchanged. */
    async record({ id, userId, orderId, eventName, message, correlationId }: NewNotification): Promise<boolean> {
      const count = await db.$executeRaw`
        insert into notifications (id, user_id, order_id, event_name, message, correlation_id)
        values (${id}::uuid, ${userId}::uuid, ${orderId}::uuid, ${eventName}, ${message}, ${correlationId})
        on conflict do nothing`;
      return count === 1;
    },

    /** The buyer's notifications with a `seq` below `before`, newest first. */
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
     * within `leaseMs` is due again. So a crash loses no mail, although no transaction is open while a mail is sent.
     */
    claim: (limit: number, leaseMs: number): Promise<Claimed[]> => db.$queryRaw<Claimed[]>`
      with due as (
        select id from notifications where status = 'PENDING' and next_attempt_at <= current_timestamp
        order by next_attempt_at limit ${limit} for update skip locked
      )
      update notifications set attempts = attempts + 1,
        next_attempt_at = current_timestamp + ${leaseMs}::double precision * interval '1 millisecond'
      from due where notifications.id = due.id
      returning notifications.id::text, user_id::text as "userId", order_id::text as "orderId",
        event_name as "eventName", message, correlation_id as "correlationId", attempts,
        (extract(epoch from current_timestamp - created_at) * 1000)::double precision as "ageMs"`,

    async markSent(id: string): Promise<void> {
      await db.$executeRaw`
        update notifications set status = 'SENT', sent_at = current_timestamp
        where id = ${id}::uuid and status = 'PENDING'`;
    },

    /** Abandons the mail unless a later attempt has claimed it. `reason` must contain no personal data. */
    async markUndeliverable({ id, attempts }: Attempt, reason: string): Promise<void> {
      await db.$executeRaw`
        update notifications set status = 'UNDELIVERABLE', reason = ${reason}
        where id = ${id}::uuid and attempts = ${attempts} and status = 'PENDING'`;
    },

    /** Retries the mail after `delayMs`, unless a later attempt has claimed it. */
    async postpone({ id, attempts }: Attempt, delayMs: number): Promise<void> {
      await db.$executeRaw`
        update notifications
        set next_attempt_at = current_timestamp + ${delayMs}::double precision * interval '1 millisecond'
        where id = ${id}::uuid and attempts = ${attempts} and status = 'PENDING'`;
    },

    async pending(): Promise<number> {
      return db.notification.count({ where: { status: 'PENDING' } });
    },

    close: () => db.$disconnect(),
  };
}
