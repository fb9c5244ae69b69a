import { NIL } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { PrismaClient, type Order as OrderRow } from '../../prisma/generated/orders/client.ts';

export type { OrderRow };

/** The order data that the auditor and operators read. */
export function createOrderAuditView({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Ids of buyers with orders, ascending, after the given one. */
    async owners(after: string | undefined, limit: number): Promise<string[]> {
      const rows = await db.$queryRaw<Array<{ ownerId: string }>>`
        select owner_id::text as "ownerId" from (
          select distinct owner_id from orders where owner_id > ${after ?? NIL}::uuid order by owner_id limit ${limit}
        ) as owners`;
      return rows.map(({ ownerId }) => ownerId);
    },

    find: async (id: string): Promise<OrderRow | undefined> =>
      (await db.order.findUnique({ where: { id } })) ?? undefined,

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

    /** Number of orders that have been in progress for at least this long. */
    async overdue(olderThanMs: number): Promise<number> {
      const [counted] = await db.$queryRaw<Array<{ count: number }>>`
        select count(*)::integer as count from orders
        where status = 'IN_PROGRESS' and created_at < now() - ${olderThanMs} * interval '1 millisecond'`;
      return counted!.count;
    },

    close: () => db.$disconnect(),
  };
}
