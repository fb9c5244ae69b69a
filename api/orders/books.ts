import { NIL } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { PrismaClient } from '../../prisma/generated/orders/client.ts';

/** The orders as an audit reads them. */
export function createOrderBooks({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Buyers who have orders, by id, from behind the given one. */
    async owners(after: string | undefined, limit: number): Promise<string[]> {
      const rows = await db.$queryRaw<Array<{ ownerId: string }>>`
        select owner_id::text as "ownerId" from (
          select distinct owner_id from orders where owner_id > ${after ?? NIL}::uuid order by owner_id limit ${limit}) as owners`;
      return rows.map(({ ownerId }) => ownerId);
    },

    /** All of a buyer's orders. */
    ofOwner: (ownerId: string) =>
      db.order.findMany({
        where: { ownerId },
        select: {
          id: true,
          ownerId: true,
          price: true,
          version: true,
          status: true,
          firstStatus: true,
          createdAt: true,
        },
      }),

    /** How many orders have been in progress for at least this long. */
    async overdue(olderThanMs: number): Promise<number> {
      const [counted] = await db.$queryRaw<Array<{ count: number }>>`
        select count(*)::integer as count from orders where status = 'IN_PROGRESS' and created_at < now() - ${olderThanMs} * interval '1 millisecond'`;
      return counted!.count;
    },

    close: () => db.$disconnect(),
  };
}
