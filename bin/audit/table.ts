import type { AuditReport } from '../../api/auditor/audit.ts';
import type { Drift } from '../../api/auditor/book.ts';
import { invariants } from '../../api/auditor/invariants.ts';
import { columns } from '../story/text.ts';

const DRIFTS_TOLD_MAX = 50;

/** What an audit has found: each rule with how often it is broken, then where. */
export function toTable({ owners, orders, inProgress, drifts }: AuditReport): string {
  const rules = Object.entries(invariants).map(([id, what]) => [
    id,
    what,
    howMany(drifts.filter(({ invariant }) => invariant === id).length),
  ]);
  const told = drifts.slice(0, DRIFTS_TOLD_MAX).map(toLine);
  const more = drifts.length > DRIFTS_TOLD_MAX ? [`… and ${drifts.length - DRIFTS_TOLD_MAX} more`] : [];
  return [
    `Buyers: ${owners}, orders: ${orders}, in progress: ${inProgress}`,
    '',
    ...columns(rules),
    ...(told.length > 0 ? ['', ...told, ...more] : []),
  ].join('\n');
}

const howMany = (count: number): string => (count === 0 ? 'holds' : `DRIFT ${count}`);

function toLine({ invariant, ownerId, orderId, what }: Drift): string {
  if (orderId) return `${invariant}  order ${orderId} of buyer ${ownerId}: ${what}`;
  return ownerId ? `${invariant}  buyer ${ownerId}: ${what}` : `${invariant}  ${what}`;
}
