import { v7 as uuidv7 } from 'uuid';
import { text, type Env } from '../../lib/config.ts';
import { openDatabase, type Database } from '../../lib/database.ts';
import { PrismaClient, type OperatorAct } from '../../prisma/generated/orders/client.ts';
import type { Told } from '../command.ts';
import { reasonOf } from '../story/part.ts';
import type { Account } from './arguments.ts';

export type { OperatorAct } from '../../prisma/generated/orders/client.ts';

export interface Act extends Account {
  act: 'retry' | 'cancel' | 'restore' | 'send-dead-letter';
  /** The id of an order, or the place of a dead letter. */
  subject: string;
}

export type Journal = ReturnType<typeof createJournal>;

/** What operators did, and why. It is in the orders database, also what was done to messages: there is one place to look. */
export function createJournal({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Does something that is written down first: an act that cannot be accounted for does not happen. Answers what there is to say about it. */
    async record({ act, subject, reason, operator }: Act, doing: () => Promise<Told>): Promise<Told> {
      const { id } = await db.operatorAct.create({ data: { id: uuidv7(), operator, act, subject, reason } });
      const ended = (outcome: string) => db.operatorAct.update({ where: { id }, data: { outcome } });
      const told = await doing().catch(async (error: Error) => {
        await ended(`failed: ${reasonOf(error)}`).catch(() => {});
        throw error;
      });
      const unwritten = await ended(`${told.exitCode === 0 ? 'done' : 'refused'}: ${told.text}`).then(
        () => '',
        (error: Error) => `\nThat it ended so could not be written down: ${reasonOf(error)}`,
      );
      return { ...told, text: told.text + unwritten };
    },

    /** The acts on one subject, oldest first. */
    of: (subject: string): Promise<OperatorAct[]> =>
      db.operatorAct.findMany({ where: { subject }, orderBy: { at: 'asc' } }),

    /** How often each of these was the subject of an act that was done. */
    async doneOn(subjects: readonly string[]): Promise<Map<string, number>> {
      const counts = await db.operatorAct.groupBy({
        by: ['subject'],
        where: { subject: { in: [...subjects] }, outcome: { startsWith: 'done' } },
        _count: true,
      });
      return new Map(counts.map(({ subject, _count: count }) => [subject, count]));
    },

    close: () => db.$disconnect(),
  };
}

/** Opens the journal of an installation for as long as something takes. */
export async function withJournal<T>(env: Env, act: (journal: Journal) => Promise<T>): Promise<T> {
  const database = openDatabase(text('ORDERS_DATABASE_URL')(env), { size: 1 });
  const journal = createJournal(database);
  try {
    return await act(journal);
  } finally {
    await journal.close();
    await database.close();
  }
}
