import type { Log } from '../../lib/log.ts';
import { refusals, refusalsInARow } from './metrics.ts';

/** If this many mails or recipients are refused for the same reason, and no mail is accepted in between, the fault is ours. */
const ROW_MIN = 3;
/** A longer row is not counted further. */
const ROW_MAX = 1_000;

interface Refusal {
  command: string;
  reply: string;
}

export interface RefusalWatch {
  /** Call this for a refusal for a reason on our side. */
  refused(mailId: string, refusal: Refusal): void;
  /** Call this for a refusal of the recipient. If one recipient after the other is refused, that may be our fault. */
  recipientRefused(recipient: string, refusal: Refusal): void;
  accepted(): void;
}

/** Counts refusals. Logs an error once if `ROW_MIN` of them in a row have the same reason. */
export function watchRefusals(log: Log): RefusalWatch {
  const rows = new Map<string, Set<string>>();

  /** Returns the length of the row for this reason, and logs the error when it becomes long enough. */
  const lengthen = (reason: string, member: string, fields: Refusal, error: string): number => {
    const row = rows.get(reason) ?? new Set();
    rows.set(reason, row);
    const before = row.size;
    if (before < ROW_MAX) row.add(member);
    refusalsInARow.set(Math.max(...Array.from(rows.values(), ({ size }) => size)));
    if (before < ROW_MIN && row.size === ROW_MIN) log.error({ role: 'notifications', ...fields }, error);
    return row.size;
  };

  return {
    refused(mailId, { command, reply }) {
      refusals.inc({ command, reply });
      lengthen(
        `${command} ${reply}`,
        mailId,
        { command, reply },
        'the mail server refuses one mail after the other for a reason on our side, so buyers get no mail; ' +
          'check MAIL_FROM, the account in SMTP_URL, and its limits and policies at the mail provider',
      );
    },
    recipientRefused(recipient, { command, reply }) {
      const length = lengthen(
        `recipient ${reply}`,
        recipient,
        { command, reply },
        'the mail server refuses one recipient after the other with the same reply, so the reason is probably on our ' +
          'side, and their mails are undeliverable; check MAIL_FROM, the account in SMTP_URL, and its limits and ' +
          'policies at the mail provider, then send the mails again with "npm run mails"',
      );
      if (length >= ROW_MIN) refusals.inc({ command, reply });
    },
    accepted() {
      rows.clear();
      refusalsInARow.set(0);
    },
  };
}
