import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../lib/database.ts';
import { PrismaClient, type OperatorAct } from '../../prisma/generated/orders/client.ts';

export type { OperatorAct } from '../../prisma/generated/orders/client.ts';

export type OperatorActStore = ReturnType<typeof createOperatorActStore>;

/**
 * What operators did, and why. The database refuses to delete an act, or to change it except by adding its missing
 * outcome.
 */
export function createOperatorActStore({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Returns the id of the new act, whose outcome is still open. */
    async begin(act: Pick<OperatorAct, 'operator' | 'act' | 'subject' | 'reason'>): Promise<string> {
      const { id } = await db.operatorAct.create({ data: { id: uuidv7(), ...act } });
      return id;
    },

    async finish(id: string, outcome: string): Promise<void> {
      await db.operatorAct.update({ where: { id }, data: { outcome } });
    },

    /** The acts on one subject, oldest first. */
    of: (subject: string): Promise<OperatorAct[]> =>
      db.operatorAct.findMany({ where: { subject }, orderBy: [{ at: 'asc' }, { id: 'asc' }] }),

    /** Number of acts per subject whose outcome starts with `outcome`. */
    async count(subjects: readonly string[], outcome: string): Promise<Map<string, number>> {
      const counts = await db.operatorAct.groupBy({
        by: ['subject'],
        where: { subject: { in: [...subjects] }, outcome: { startsWith: outcome } },
        _count: true,
      });
      return new Map(counts.map(({ subject, _count: count }) => [subject, count]));
    },

    close: () => db.$disconnect(),
  };
}
