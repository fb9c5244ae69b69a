import { NIL } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { PrismaClient } from '../../prisma/generated/notifications/client.ts';

/** The notifications as an audit reads them. */
export function createNotificationBooks({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Buyers who have notifications, by id, from behind the given one. */
    async owners(after: string | undefined, limit: number): Promise<string[]> {
      const rows = await db.$queryRaw<Array<{ userId: string }>>`
        select user_id::text as "userId" from (
          select distinct user_id from notifications where user_id > ${after ?? NIL}::uuid order by user_id limit ${limit}) as users`;
      return rows.map(({ userId }) => userId);
    },

    /** What a buyer was told. */
    ofOwner: (userId: string) =>
      db.notification.findMany({ where: { userId }, select: { orderId: true, eventName: true } }),

    close: () => db.$disconnect(),
  };
}
