import type { OrderRow } from '../../../api/orders/audit-view.ts';
import { foundValue, type Lookup } from '../../lookup.ts';
import { columns } from '../../terminal.ts';

/** Formats the order's row. */
export function formatRow(row: Lookup<OrderRow>): string[] {
  if (row.kind === 'unreadable') return [`  could not be read: ${row.why}`];
  const order = foundValue(row);
  if (!order)
    return [
      '  missing: the orders database has no row for this order, but its workflow exists',
      '  to recreate it, if a restored database has lost it: npm run order -- restore <order id> --reason "<why>"',
      '  if none was restored, somebody has invented the order: then do not, because the buyer whom it names would pay',
    ];
  return columns([
    ['status', order.status + (order.reason ? ` (${order.reason})` : '')],
    ...(order.cancelCause ? [['cancellation', `requested by the ${order.cancelCause}`]] : []),
    ['buyer', order.ownerId],
    ['price', String(order.price)],
    ['list version', String(order.version)],
    ['placed', `${order.createdAt.toISOString()} (the times below are relative to this)`],
    ['idempotency key', order.idempotencyKey ?? 'none'],
    ['correlation id', order.correlationId],
  ]);
}
