import { text, type Env } from '../../lib/config.ts';
import { openDatabase } from '../../lib/database.ts';
import { createJournal, type OperatorAct } from '../operator/journal.ts';
import type { Part } from './part.ts';
import { columns, type Clock } from './text.ts';

/** What operators did to the order, oldest first. Undefined when they did nothing. */
export async function readActs(env: Env, orderId: string): Promise<OperatorAct[] | undefined> {
  const database = openDatabase(text('ORDERS_DATABASE_URL')(env), { size: 1 });
  const journal = createJournal(database);
  try {
    const acts = await journal.of(orderId);
    return acts.length > 0 ? acts : undefined;
  } finally {
    await journal.close();
    await database.close();
  }
}

/** Who did what, why, and how it ended. */
export function tellActs(acts: Part<OperatorAct[]>, clock: Clock): string[] {
  if (acts.kind === 'unread') return [`  not read: ${acts.why}`];
  if (acts.kind === 'missing') return ['  nothing'];
  return columns(
    acts.value.map(({ at, act, operator, reason, outcome }) => [
      clock(at),
      act,
      `${operator}: "${reason}"; ${outcome?.replaceAll('\n', '; ') ?? 'broken off, or under way'}`,
    ]),
  );
}
