import { text, type Env } from '../../lib/config.ts';
import { openDatabase } from '../../lib/database.ts';
import { PrismaClient, type Order } from '../../prisma/generated/orders/client.ts';
import { found, type Part } from './part.ts';
import { columns } from './text.ts';

/** The order as the orders database has it. */
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

/** What a row says, or that there is none. */
export function tellRow(row: Part<Order>): string[] {
  if (row.kind === 'unread') return [`  not read: ${row.why}`];
  const order = found(row);
  if (!order) return ['  missing: the orders database has no such order, but a workflow of it exists'];
  return columns([
    ['status', order.status + (order.reason ? ` (${order.reason})` : '')],
    ...(order.cancelCause ? [['cancellation', `asked for by the ${order.cancelCause}`]] : []),
    ['buyer', order.ownerId],
    ['price', String(order.price)],
    ['list version', String(order.version)],
    ['placed', `${order.createdAt.toISOString()} (the times below count from then)`],
    ['idempotency key', order.idempotencyKey ?? 'none'],
    ['correlation id', order.correlationId],
  ]);
}
