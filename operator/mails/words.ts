import type { ResentMail, UndeliverableMail } from '../../api/notifications/undeliverable-store.ts';
import type { CommandResult } from '../command.ts';
import { columns } from '../terminal.ts';

export const LISTED_MAX = 100;

/** Omits recipient and text, which are personal. */
export function formatMails(mails: readonly UndeliverableMail[]): string {
  if (mails.length === 0) return 'There are no undeliverable mails.';
  const rows = mails.map(({ id, orderId, userId, eventName, since, attempts, reason, isOvertaken }) => [
    id,
    orderId,
    userId,
    eventName,
    since.toISOString(),
    String(attempts),
    reason ?? 'unknown',
    isOvertaken ? 'cannot be sent: the order was cancelled since' : '',
  ]);
  const head = ['mail', 'order', 'buyer', 'event', 'since', 'attempts', 'reason', ''];
  const bound = mails.length >= LISTED_MAX ? [`Only the newest ${LISTED_MAX} are listed.`] : [];
  return [...columns([head, ...rows]), ...bound].join('\n');
}

/** Says what became of a mail that was to be sent again. */
export function describeResending(mail: ResentMail): CommandResult {
  const { id, orderId, eventName, reason, isDue } = mail;
  if (!isDue) return { text: `${refusalOf(mail)} Nothing was done.`, exitCode: 1 };
  return {
    text: `Mail ${id} (${eventName} of order ${orderId}) is due again. It was undeliverable: ${reason ?? 'unknown'}.`,
    exitCode: 0,
  };
}

function refusalOf({ id, orderId, status, sentAt, nextAttemptAt }: ResentMail): string {
  switch (status) {
    case 'SENT':
      return `Mail ${id} is SENT, at ${sentAt?.toISOString() ?? 'an unknown time'}, so it is not sent again.`;
    case 'SUPERSEDED':
      return `Mail ${id} is SUPERSEDED: order ${orderId} was cancelled before it was sent, so only the cancellation is mailed.`;
    case 'PENDING':
      return `Mail ${id} is PENDING and is retried by itself, next at ${nextAttemptAt.toISOString()}.`;
    case 'UNDELIVERABLE':
      return `Order ${orderId} was cancelled since mail ${id} became undeliverable, so only the cancellation may be mailed.`;
  }
}
