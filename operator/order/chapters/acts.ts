import type { OperatorAct } from '../../../api/orders/operator-act-store.ts';
import type { Lookup } from '../../lookup.ts';
import { columns, type Clock } from '../../terminal.ts';

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
