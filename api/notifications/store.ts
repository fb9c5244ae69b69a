import type { Database } from '../../lib/database.ts';
import { createRepeatTransaction, SNAPSHOT_PER_STATEMENT } from '../../lib/repeat-transaction.ts';
import { Prisma, PrismaClient } from '../../prisma/generated/notifications/client.ts';
import type { OrderEventName } from '../../specs/generated/order-events.ts';
import { createAddressTurns, type Turn } from './address-turn-store.ts';
import { claiming, type DomainRests } from './claim-statements.ts';
import type { Attempt, Claimed } from './claimed.ts';
import { mails } from './metrics.ts';
import type { DeliveryStatus, NewNotification } from './notification.ts';
import { createProfileWaits } from './profile-wait-store.ts';
import {
  inFlight,
  insertion,
  isCancellationOut,
  isOvertaken,
  lockOrder,
  lockOrderOf,
  supersession,
} from './statements.ts';

export type { Claimed, NewNotification };

export interface Notification extends NewNotification {
  seq: number;
  status: DeliveryStatus;
  createdAt: Date;
}

export type NotificationStore = ReturnType<typeof createNotificationStore>;

/** One row per order event, however often Kafka delivers it. */
export function createNotificationStore({ adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>) {
  const db = new PrismaClient({ adapter });
  const repeatTransaction = createRepeatTransaction(statementMs);
  const countSuperseded = (count: number) => mails.inc({ end: 'superseded' }, count);

  return {
    ...createProfileWaits(db, repeatTransaction),
    ...createAddressTurns(db),

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
    async claim(
      limit: number,
      leaseMs: number,
      rests: DomainRests = { otherwise: limit, listed: [] },
    ): Promise<Claimed[]> {
      const rows = await claiming(db, limit, leaseMs, rests);
      const claimed = rows.filter(({ status }) => status === 'PENDING');
      countSuperseded(rows.length - claimed.length);
      return claimed.sort((one, other) => Number(one.refusedAgeMs !== null) - Number(other.refusedAgeMs !== null));
    },

    /**
     * Ends a claim without an attempt: queues the mail, and the buyer's other mails, for their domain. The end of the
     * lease identifies the claim, because the next claim has the same number.
     */
    async queueForDomain({ id, userId, attempts, leaseEndMs }: Claimed, domainKey: string): Promise<void> {
      await db.$executeRaw`
        update notifications as mail set domain_key = ${domainKey}, attempts = attempts - 1, ended_attempts = attempts - 1,
          next_attempt_at = current_timestamp
        where id = ${id}::uuid and attempts = ${attempts} and status = 'PENDING'
          and extract(epoch from next_attempt_at) * 1000 = ${leaseEndMs}::numeric`;
      await db.$executeRaw`
        update notifications as mail set domain_key = ${domainKey}
        where user_id = ${userId}::uuid and status = 'PENDING' and not awaits_profile and domain_key is null
          and not ${inFlight(Prisma.sql`mail`)}`;
    },

    /**
     * A mail that was superseded while it was sent becomes `SENT` too, unless the mail about the cancellation is sent or
     * on its way. Then the order in which the two arrive is unknown.
     */
    async markSent(id: string): Promise<void> {
      await db.$executeRaw`
        update notifications as mail set status = 'SENT', sent_at = current_timestamp, domain_key = null,
          address_key = null, turn_at = null
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
     * Stores the turn for which the mail waits, if any.
     */
    async postpone(
      { id, attempts }: Attempt,
      delayMs: number,
      refusedAgeMs?: number,
      turn?: Pick<Turn, 'addressKey' | 'atMs'>,
    ): Promise<boolean> {
      const postponement = () => db.$queryRaw<Array<{ status: DeliveryStatus }>>`
          update notifications as mail
          set next_attempt_at = current_timestamp + ${delayMs}::double precision * interval '1 millisecond',
            ended_attempts = attempts, refused_age_ms = coalesce(refused_age_ms, ${refusedAgeMs ?? null}),
            address_key = ${turn?.addressKey ?? null},
            turn_at = to_timestamp(${turn?.atMs ?? null}::double precision / 1000),
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
