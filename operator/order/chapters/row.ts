import { text, type Env } from '../../../lib/config.ts';
import { openDatabase } from '../../../lib/database.ts';
import { PrismaClient, type Order } from '../../../prisma/generated/orders/client.ts';
import { foundValue, type Lookup } from '../../lookup.ts';
import { columns } from '../../terminal.ts';

/** The order's row, if there is one. */
export async function readRow(env: Env, id: string): Promise<Order | undefined> {
  const database = openDatabase(text('ORDERS_DATABASE_URL')(env), { size: 1 });
  const db = new PrismaClient({ adapter: database.adapter });
  try {
    return (await db.order.findUnique({ where: { id } })) ?? undefined;
  } finally {
    await db.$disconnect();
    await database.close();
  }
}

/** Formats the order's row. */
export function formatRow(row: Lookup<Order>): string[] {
  if (row.kind === 'unreadable') return [`  could not be read: ${row.why}`];
  const order = foundValue(row);
  if (!order)
    return [
      '  missing: the orders database has no row for this order, but its workflow exists',
      '  to recreate the row: npm run order -- restore <order id> --reason "<why>"',
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
