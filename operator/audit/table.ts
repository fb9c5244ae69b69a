import type { AuditReport } from '../../api/auditor/audit.ts';
import type { Drift } from '../../api/auditor/findings.ts';
import { invariants } from '../../api/auditor/invariants.ts';
import { columns } from '../terminal.ts';

const DRIFTS_SHOWN_MAX = 50;
const UNCHECKED_SHOWN_MAX = 10;

/** Formats the number of drifts per invariant, then each drift. */
export function toTable({ owners, orders, inProgress, drifts, unchecked }: AuditReport): string {
  const rules = Object.entries(invariants).map(([id, what]) => [
    id,
    what,
    verdictOf(drifts.filter(({ invariant }) => invariant === id).length),
  ]);
  const shown = drifts.slice(0, DRIFTS_SHOWN_MAX).map(toLine);
  const more = drifts.length > DRIFTS_SHOWN_MAX ? [`… and ${drifts.length - DRIFTS_SHOWN_MAX} more`] : [];
  return [
    `Buyers: ${owners}, orders: ${orders}, in progress: ${inProgress}`,
    '',
    ...columns(rules),
    ...(shown.length > 0 ? ['', ...shown, ...more] : []),
    ...uncheckedLines(unchecked),
  ].join('\n');
}

function uncheckedLines(unchecked: AuditReport['unchecked']): string[] {
  if (unchecked.size === 0) return [];
  const shown = [...unchecked].slice(0, UNCHECKED_SHOWN_MAX);
  return [
    '',
    `Not checked, because their data could not be read: ${unchecked.size} buyers. Run the audit again.`,
    ...shown.map(([ownerId, error]) => `  buyer ${ownerId}: ${error instanceof Error ? error.message : String(error)}`),
  ];
}

const verdictOf = (count: number): string => (count === 0 ? 'holds' : `DRIFT ${count}`);

function toLine({ invariant, ownerId, orderId, what }: Drift): string {
  if (orderId) return `${invariant}  order ${orderId} of buyer ${ownerId}: ${what}`;
  return ownerId ? `${invariant}  buyer ${ownerId}: ${what}` : `${invariant}  ${what}`;
}
