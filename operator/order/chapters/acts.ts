import type { Env } from '../../../lib/config.ts';
import { withJournal, type OperatorAct } from '../../journal.ts';
import type { Lookup } from '../../lookup.ts';
import { columns, type Clock } from '../../terminal.ts';

/** Operator actions on the order, oldest first; undefined if none. */
export async function readActions(env: Env, orderId: string): Promise<OperatorAct[] | undefined> {
  const actions = await withJournal(env, (journal) => journal.of(orderId));
  return actions.length > 0 ? actions : undefined;
}

/** Formats the operator actions. */
export function formatActions(actions: Exclude<Lookup<OperatorAct[]>, { kind: 'missing' }>, clock: Clock): string[] {
  if (actions.kind === 'unreadable') return [`  could not be read: ${actions.why}`];
  return columns(
    actions.value.map(({ at, act, operator, reason, outcome }) => [
      clock(at),
      act,
      `${operator}: "${reason}"; ${outcome?.replaceAll('\n', '; ') ?? 'no outcome recorded: still running, or interrupted'}`,
    ]),
  );
}
