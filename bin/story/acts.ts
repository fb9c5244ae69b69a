import type { Env } from '../../lib/config.ts';
import { withJournal, type OperatorAct } from '../operator/journal.ts';
import type { Part } from './part.ts';
import { columns, type Clock } from './text.ts';

/** What operators did to the order, oldest first. Undefined when they did nothing. */
export async function readActs(env: Env, orderId: string): Promise<OperatorAct[] | undefined> {
  const acts = await withJournal(env, (journal) => journal.of(orderId));
  return acts.length > 0 ? acts : undefined;
}

/** Who did what, why, and how it ended. */
export function tellActs(acts: Exclude<Part<OperatorAct[]>, { kind: 'missing' }>, clock: Clock): string[] {
  if (acts.kind === 'unread') return [`  not read: ${acts.why}`];
  return columns(
    acts.value.map(({ at, act, operator, reason, outcome }) => [
      clock(at),
      act,
      `${operator}: "${reason}"; ${outcome?.replaceAll('\n', '; ') ?? 'broken off, or under way'}`,
    ]),
  );
}
