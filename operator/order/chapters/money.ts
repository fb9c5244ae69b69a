import type { ChargeRows, OutcomeRow } from '../../../api/billing/audit-view.ts';
import type { Lookup } from '../../lookup.ts';
import { columns, type Clock } from '../../terminal.ts';

/** Formats the outcome and the ledger entries. */
export function formatMoney(money: Lookup<ChargeRows>, clock: Clock, isFinal: boolean): string[] {
  if (money.kind === 'unreadable') return [`  could not be read: ${money.why}`];
  if (money.kind === 'missing')
    return [
      isFinal
        ? '  missing: the order is final, but billing has no outcome under its charge key'
        : '  none yet: billing has not decided the charge',
    ];
  const { outcome, ledger } = money.value;
  return columns([
    outcome
      ? [clock(outcome.createdAt), 'outcome', describeOutcome(outcome)]
      : ['', 'outcome', 'missing: the ledger has an entry without an outcome'],
    ...(outcome?.outcome === 'REFUNDED' ? [['', 'outcome', `later REFUNDED, cause ${outcome.cause}`]] : []),
    ...ledger.map((entry) => [
      clock(entry.createdAt),
      'ledger',
      `${entry.kind} ${entry.amount}, transaction ${entry.id}${entry.isCancelled ? ', cancelled: the money was refunded' : ''}`,
    ]),
    ...(ledger.length === 0 ? [['', 'ledger', 'no entry: no money moved']] : []),
  ]);
}

/** The first outcome. After a refund, the stored time and balance are still those of the charge. */
function describeOutcome({ outcome, amount, cause, balanceAfter }: OutcomeRow): string {
  const first = outcome === 'REFUNDED' ? { outcome: 'CHARGED', cause: null } : { outcome, cause };
  const parts = [
    `${first.outcome} ${amount ?? ''}`.trim(),
    first.cause && `cause ${first.cause}`,
    balanceAfter !== null && `balance afterwards ${balanceAfter}`,
  ];
  return parts.filter(Boolean).join(', ');
}
