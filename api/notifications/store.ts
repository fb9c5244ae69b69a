import type { Database } from '../../lib/database.ts';
import { PrismaClient } from '../../prisma/generated/notifications/client.ts';

export type EventName = 'OrderCreated' | 'OrderRejected' | 'OrderCancelled';
export type DeliveryStatus = 'PENDING' | 'SENT' | 'UNDELIVERABLE';

/** What a buyer is told about an order. */
export interface NewNotification {
  /** The id of the event that caused it. */
  id: string;
  userId: string;
  orderId: string;
  eventName: EventName;
  message: string;
  correlationId: string;
}

export interface Notification extends NewNotification {
  /** Grows with time. */
  seq: number;
  status: DeliveryStatus;
  createdAt: Date;
}

/** A notification that somebody has taken to send it. */
/** One try to send a mail. */
type Attempt = Pick<Claimed, 'id' | 'attempts'>;

export interface Claimed extends NewNotification {
  /** How often it has been taken, this time included. */
  attempts: number;
  /** Since it was recorded. */
  ageMs: number;
}

export type NotificationStore = ReturnType<typeof createNotificationStore>;

/** The messages to buyers: one row for each event of an order, whatever is delivered how often. */
export function createNotificationStore({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });

  return {
    /** Afterwards there is a row for this event of this order. False when there was one, which stays as it is. */
    async record({ id, userId, orderId, eventName, message, correlationId }: NewNotification): Promise<boolean> {
      const count = await db.$executeRaw`
        insert into notifications (id, user_id, order_id, event_name, message, correlation_id)
        values (${id}::uuid, ${userId}::uuid, ${orderId}::uuid, ${eventName}, ${message}, ${correlationId})
        on conflict do nothing`;
      return count === 1;
    },

    /** The buyer's notifications, newest first, from before the given one. */
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
        eventName: row.eventName as EventName,
        status: row.status as DeliveryStatus,
      }));
    },

    /**
     * Takes up to `limit` notifications that are due, each for one caller only. It is theirs for `leaseMs`: they settle or postpone
     * it within that time, or it is due again. So no transaction is open while a mail is sent, and none is lost with its sender.
     */
    claim: (limit: number, leaseMs: number): Promise<Claimed[]> => db.$queryRaw<Claimed[]>`
      with due as (
        select id from notifications where status = 'PENDING' and next_attempt_at <= current_timestamp
        order by next_attempt_at limit ${limit} for update skip locked
      )
      update notifications set attempts = attempts + 1, next_attempt_at = current_timestamp + ${leaseMs}::double precision * interval '1 millisecond'
      from due where notifications.id = due.id
      returning notifications.id::text, user_id::text as "userId", order_id::text as "orderId", event_name as "eventName", message,
        correlation_id as "correlationId", attempts, (extract(epoch from current_timestamp - created_at) * 1000)::double precision as "ageMs"`,

    /** Remembers that the mail server has taken the mail. */
    async sent(id: string): Promise<void> {
      await db.$executeRaw`update notifications set status = 'SENT', sent_at = current_timestamp where id = ${id}::uuid and status = 'PENDING'`;
    },

    /** Gives up on the mail, for a reason that names no person. The buyer still finds the message in their list. Whoever has lost it to another attempt says nothing. */
    async undeliverable({ id, attempts }: Attempt, reason: string): Promise<void> {
      await db.$executeRaw`
        update notifications set status = 'UNDELIVERABLE', reason = ${reason} where id = ${id}::uuid and attempts = ${attempts} and status = 'PENDING'`;
    },

    /** Makes the notification due again after a while, unless another attempt has begun. */
    async postpone({ id, attempts }: Attempt, delayMs: number): Promise<void> {
      await db.$executeRaw`
        update notifications set next_attempt_at = current_timestamp + ${delayMs}::double precision * interval '1 millisecond'
        where id = ${id}::uuid and attempts = ${attempts} and status = 'PENDING'`;
    },

    /** How many mails are still to be sent. */
    async pending(): Promise<number> {
      return db.notification.count({ where: { status: 'PENDING' } });
    },

    close: () => db.$disconnect(),
  };
}
