import type { Database } from '../../lib/database.ts';
import { PrismaClient } from '../../prisma/generated/orders/client.ts';

/** The orders as an audit reads them. */
export function createOrderBooks({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Buyers who have orders, by id, from behind the given one. */
    async owners(after: string | undefined, limit: number): Promise<string[]> {
      const rows = await db.$queryRaw<Array<{ ownerId: string }>>`
        select distinct owner_id::text as "ownerId" from orders where owner_id > ${after ?? NIL}::uuid order by 1 limit ${limit}`;
      return rows.map(({ ownerId }) => ownerId);
    },

    /** All of a buyer's orders. */
    ofOwner: (ownerId: string) =>
      db.order.findMany({
        where: { ownerId },
        select: { id: true, ownerId: true, price: true, version: true, status: true, firstStatus: true, createdAt: true },
      }),

    close: () => db.$disconnect(),
  };
}

const NIL = '00000000-0000-0000-0000-000000000000';
