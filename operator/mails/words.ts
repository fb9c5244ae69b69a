import type { ResentMail, UndeliverableMail, WaitingMails } from '../../api/notifications/undeliverable-store.ts';
import type { CommandResult } from '../command.ts';
import { columns } from '../terminal.ts';

export const LISTED_MAX = 100;

/** Omits recipient and text, which are personal. Then says how many mails wait, and for what. */
export const formatMails = (mails: readonly UndeliverableMail[], waiting: WaitingMails): string =>
  [...formatUndeliverable(mails), ...formatWaiting(waiting)].join('\n');

function formatUndeliverable(mails: readonly UndeliverableMail[]): string[] {
  if (mails.length === 0) return ['There are no undeliverable mails.'];
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
  return [...columns([head, ...rows]), ...bound];
}

const formatWaiting = ({ profile, address, domain }: WaitingMails): string[] =>
  (
    [
      [profile, "for their buyers' profiles"],
      [address, 'because their addresses get as many mails in an hour as MAILS_PER_ADDRESS_AND_HOUR permits'],
      [domain, 'for other mails to the same domains'],
    ] as const
  ).flatMap(([count, why]) => (count > 0 ? [`Pending mails that wait ${why}: ${count}.`] : []));

/** Says what became of a mail that was to be sent again. */
export function describeResending(mail: ResentMail): CommandResult {
  const { id, orderId, eventName, reason, isDue } = mail;
  if (!isDue) return { text: `${refusalOf(mail)} Nothing was done.`, exitCode: 1 };
  return {
    text: `Mail ${id} (${eventName} of order ${orderId}) is due again. It was undeliverable: ${reason ?? 'unknown'}.`,
    exitCode: 0,
  };
}

function refusalOf({ id, orderId, status, sentAt, nextAttemptAt, awaitsProfile }: ResentMail): string {
  switch (status) {
    case 'SENT':
      return `Mail ${id} is SENT, at ${sentAt?.toISOString() ?? 'an unknown time'}, so it is not sent again.`;
    case 'SUPERSEDED':
      return `Mail ${id} is SUPERSEDED: order ${orderId} was cancelled before it was sent, so only the cancellation is mailed.`;
    case 'PENDING':
      if (awaitsProfile) return `Mail ${id} is PENDING and is sent by itself as soon as the buyer has a profile.`;
      return `Mail ${id} is PENDING and is retried by itself, next at ${nextAttemptAt.toISOString()}.`;
    case 'UNDELIVERABLE':
      return `Order ${orderId} was cancelled since mail ${id} became undeliverable, so only the cancellation may be mailed.`;
  }
}
