import type { Database } from '../../lib/database.ts';
import { createRepeatTransaction, SNAPSHOT_PER_STATEMENT } from '../../lib/repeat-transaction.ts';
import { PrismaClient } from '../../prisma/generated/notifications/client.ts';
import type { DeliveryStatus } from './notification.ts';
import { isOvertaken, lockOrderOf } from './statements.ts';

/** A mail as operators see it, without its recipient and text. */
interface OperatedMail {
  id: string;
  orderId: string;
  eventName: string;
  reason: string | null;
}

export interface UndeliverableMail extends OperatedMail {
  userId: string;
  since: Date;
  attempts: number;
  /** True if the order was cancelled since, so that this mail must not be sent any more. */
  isOvertaken: boolean;
}

/** `status` and `reason` are those before the resending. */
export interface ResentMail extends OperatedMail {
  status: DeliveryStatus;
  sentAt: Date | null;
  nextAttemptAt: Date;
  /** True if the mail waits for the buyer's profile. */
  awaitsProfile: boolean;
  /** True if the mail was made due by this call. */
  isDue: boolean;
}

/** Numbers of pending mails, by what they wait for. */
export interface WaitingMails {
  profile: number;
  /** Mails beyond the hourly limit of their address. */
  address: number;
  /** Mails that wait while other mails to the same domain are sent. */
  domain: number;
}

/** Undeliverable mails, for operators. */
export function createUndeliverableStore({ adapter, statementMs }: Pick<Database, 'adapter' | 'statementMs'>) {
  const db = new PrismaClient({ adapter });
  const repeatTransaction = createRepeatTransaction(statementMs);
  return {
    /** The newest `limit`, oldest first. */
    async list(limit: number): Promise<UndeliverableMail[]> {
      const newest = await db.$queryRaw<UndeliverableMail[]>`
        select id::text, order_id::text as "orderId", user_id::text as "userId", event_name as "eventName", attempts,
          coalesce(undeliverable_at, created_at) as since, reason, ${isOvertaken} as "isOvertaken"
        from notifications as mail where status = 'UNDELIVERABLE' order by seq desc limit ${limit}`;
      return newest.toReversed();
    },

    async waiting(): Promise<WaitingMails> {
      const [counts] = await db.$queryRaw<[WaitingMails]>`
        select count(*) filter (where awaits_profile)::int as profile,
          count(*) filter (where not awaits_profile and turn_at > current_timestamp)::int as address,
          count(*) filter (where not awaits_profile and domain_key is not null and next_attempt_at <= current_timestamp)::int
            as domain
        from notifications where status = 'PENDING'`;
      return counts;
    },

    exists: async (id: string): Promise<boolean> => (await db.notification.count({ where: { id } })) > 0,

    /** Makes an undeliverable mail due again, unless its order was cancelled since. */
    async resend(id: string): Promise<ResentMail> {
      const [, [mail], changed] = await repeatTransaction(() =>
        db.$transaction(
          [
            lockOrderOf(db, id),
            db.$queryRaw<Array<Omit<ResentMail, 'isDue'>>>`
          select id::text, order_id::text as "orderId", event_name as "eventName", status, reason, sent_at as "sentAt",
            next_attempt_at as "nextAttemptAt", awaits_profile as "awaitsProfile"
          from notifications as mail where id = ${id}::uuid`,
            db.$executeRaw`
          update notifications as mail
          set status = 'PENDING', reason = null, undeliverable_at = null, refused_age_ms = null,
            ended_attempts = attempts, next_attempt_at = current_timestamp, awaits_profile = false, domain_key = null,
            address_key = null, turn_at = null
          where id = ${id}::uuid and status = 'UNDELIVERABLE' and not ${isOvertaken}`,
          ],
          SNAPSHOT_PER_STATEMENT,
        ),
      );
      return { ...mail!, isDue: changed === 1 };
    },

    close: () => db.$disconnect(),
  };
}
