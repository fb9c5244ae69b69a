import type { NotificationRow } from '../../../api/notifications/audit-view.ts';
import type { Lookup } from '../../lookup.ts';
import { columns, type Clock } from '../../terminal.ts';

/** Formats each notification with the state of its mail. */
export function formatNotifications(
  notifications: Lookup<NotificationRow[]>,
  clock: Clock,
  isFinal: boolean,
): string[] {
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

function describeMail(row: NotificationRow, clock: Clock): string {
  const { status, reason, sentAt, attempts, nextAttemptAt, awaitsProfile, turnAt } = row;
  if (status === 'SENT') return `mail SENT at ${clock(sentAt)}, attempt ${attempts}`;
  if (status === 'PENDING' && awaitsProfile)
    return `mail PENDING until the buyer has a profile, ${attempts} attempts so far`;
  if (status === 'PENDING' && turnAt)
    return `mail PENDING until ${clock(turnAt)}, because its address gets as many mails in an hour as permitted`;
  if (status === 'PENDING') return `mail PENDING, ${attempts} attempts so far, next due at ${clock(nextAttemptAt)}`;
  if (status === 'SUPERSEDED') return 'mail SUPERSEDED: the order was cancelled first, so only that is mailed';
  return `mail ${status} (${reason ?? 'no reason given'}), ${attempts} attempts`;
}
