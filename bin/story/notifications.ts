import { text, type Env } from '../../lib/config.ts';
import { openDatabase } from '../../lib/database.ts';
import { PrismaClient, type Notification } from '../../prisma/generated/notifications/client.ts';
import type { Part } from './part.ts';
import { columns, type Clock } from './text.ts';

/** What the buyer was told about the order, oldest first. Undefined when nothing was. */
export async function readNotifications(env: Env, orderId: string): Promise<Notification[] | undefined> {
  const database = openDatabase(text('NOTIFICATIONS_DATABASE_URL')(env), { size: 1 });
  const db = new PrismaClient({ adapter: database.adapter });
  try {
    const rows = await db.notification.findMany({ where: { orderId }, orderBy: { seq: 'asc' } });
    return rows.length > 0 ? rows : undefined;
  } finally {
    await db.$disconnect();
    await database.close();
  }
}

/** Each message to the buyer, and what became of its mail. */
export function tellNotifications(notifications: Part<Notification[]>, clock: Clock, isFinal: boolean): string[] {
  if (notifications.kind === 'unread') return [`  not read: ${notifications.why}`];
  if (notifications.kind === 'missing')
    return [
      isFinal ? '  missing: the order is final, and the buyer has not been told' : '  none yet: the order is not final',
    ];
  return columns(
    notifications.value.map((row) => [
      clock(row.createdAt),
      row.eventName,
      `${deliveryWords(row, clock)}: ${row.message}`,
    ]),
  );
}

function deliveryWords({ status, reason, sentAt, attempts, nextAttemptAt }: Notification, clock: Clock): string {
  if (status === 'SENT') return `mail SENT at ${clock(sentAt)}, attempt ${attempts}`;
  if (status === 'PENDING')
    return `mail PENDING, ${attempts} attempts so far, the next is due at ${clock(nextAttemptAt)}`;
  return `mail ${status} (${reason ?? 'no reason given'}), ${attempts} attempts`;
}
