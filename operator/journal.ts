import { v7 as uuidv7 } from 'uuid';
import { text, type Env } from '../lib/config.ts';
import { openDatabase, type Database } from '../lib/database.ts';
import { PrismaClient, type OperatorAct } from '../prisma/generated/orders/client.ts';
import type { CommandResult } from './command.ts';
import { reasonOf } from './lookup.ts';
import type { Attribution } from './arguments.ts';

export type { OperatorAct } from '../prisma/generated/orders/client.ts';

export interface OperatorAction extends Attribution {
  act: 'retry' | 'cancel' | 'restore' | 'send-dead-letter';
  /** An order id or a dead-letter position. */
  subject: string;
}

export type Journal = ReturnType<typeof createJournal>;

/** Records all operator actions, even those on messages, in the orders database: one place to look. */
export function createJournal({ adapter }: Pick<Database, 'adapter'>) {
  const db = new PrismaClient({ adapter });
  return {
    /** Records the action, performs it, records its outcome. An action that cannot be recorded is not performed. */
    async record(
      { act, subject, reason, operator }: OperatorAction,
      perform: () => Promise<CommandResult>,
    ): Promise<CommandResult> {
      const { id } = await db.operatorAct.create({ data: { id: uuidv7(), operator, act, subject, reason } });
      const recordOutcome = (outcome: string) => db.operatorAct.update({ where: { id }, data: { outcome } });
      const result = await perform().catch(async (error: Error) => {
        await recordOutcome(`failed: ${reasonOf(error)}`).catch(() => {});
        throw error;
      });
      const warning = await recordOutcome(`${result.exitCode === 0 ? 'done' : 'refused'}: ${result.text}`).then(
        () => '',
        (error: Error) => `\nThis outcome could not be recorded: ${reasonOf(error)}`,
      );
      return { ...result, text: result.text + warning };
    },

    /** The actions on one subject, oldest first. */
    of: (subject: string): Promise<OperatorAct[]> =>
      db.operatorAct.findMany({ where: { subject }, orderBy: { at: 'asc' } }),

    /** Counts successful actions per subject. */
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

/** Opens the journal for the duration of `act`. */
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
