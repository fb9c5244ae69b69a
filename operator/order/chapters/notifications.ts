import { text, type Env } from '../../../lib/config.ts';
import { openDatabase } from '../../../lib/database.ts';
import { PrismaClient, type Notification } from '../../../prisma/generated/notifications/client.ts';
import type { Lookup } from '../../lookup.ts';
import { columns, type Clock } from '../../terminal.ts';

/** The order's notifications, oldest first; undefined if none. */
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

/** Formats each notification with the state of its mail. */
export function formatNotifications(notifications: Lookup<Notification[]>, clock: Clock, isFinal: boolean): string[] {
  if (notifications.kind === 'unreadable') return [`  could not be read: ${notifications.why}`];
  if (notifications.kind === 'missing')
    return [
      isFinal
        ? '  missing: the order is final, but the buyer has not been notified'
        : '  none yet: the order is not final',
    ];
  return columns(
    notifications.value.map((row) => [
      clock(row.createdAt),
      row.eventName,
      `${describeMail(row, clock)}: ${row.message}`,
    ]),
  );
}

function describeMail({ status, reason, sentAt, attempts, nextAttemptAt }: Notification, clock: Clock): string {
  if (status === 'SENT') return `mail SENT at ${clock(sentAt)}, attempt ${attempts}`;
  if (status === 'PENDING') return `mail PENDING, ${attempts} attempts so far, next due at ${clock(nextAttemptAt)}`;
  return `mail ${status} (${reason ?? 'no reason given'}), ${attempts} attempts`;
}
