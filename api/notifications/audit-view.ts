import { NIL } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { PrismaClient, type Notification as NotificationRow } from '../../prisma/generated/notifications/client.ts';

export type { NotificationRow };

/** Notifications for the auditor and for operators. */
export function createNotificationAuditView({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Ids of buyers with notifications, ascending, after the given one. */
    async owners(after: string | undefined, limit: number): Promise<string[]> {
      const rows = await db.$queryRaw<Array<{ userId: string }>>`
        select user_id::text as "userId" from (
          select distinct user_id from notifications where user_id > ${after ?? NIL}::uuid
          order by user_id limit ${limit}) as users`;
      return rows.map(({ userId }) => userId);
    },

    ofOwner: (userId: string) =>
      db.notification.findMany({ where: { userId }, select: { orderId: true, eventName: true, status: true } }),

    /** Oldest first. */
    ofOrder: (orderId: string): Promise<NotificationRow[]> =>
      db.notification.findMany({ where: { orderId }, orderBy: { seq: 'asc' } }),

    close: () => db.$disconnect(),
  };
}
