import type { Log } from '../../lib/log.ts';
import { refusals } from './metrics.ts';

/** If this many mails are refused for the same reason and none is accepted in between, the fault is ours. */
const ROW_MIN = 3;

export interface RefusalWatch {
  refused(mailId: string, refusal: { command: string; reply: string }): void;
  accepted(): void;
}

/** Counts refusals for reasons on our side. Logs an error once if `ROW_MIN` mails are refused for the same reason. */
export function watchRefusals(log: Log): RefusalWatch {
  const rows = new Map<string, Set<string>>();
  return {
    refused(mailId, { command, reply }) {
      refusals.inc({ command, reply });
      const reason = `${command} ${reply}`;
      const row = rows.get(reason) ?? new Set();
      rows.set(reason, row);
      if (row.size >= ROW_MIN) return;
      row.add(mailId);
      if (row.size < ROW_MIN) return;
      log.error(
        { role: 'notifications', command, reply },
        'the mail server refuses one mail after the other for a reason on our side, so buyers get no mail; ' +
          'check MAIL_FROM, the account in SMTP_URL, and its limits and policies at the mail provider',
      );
    },
    accepted: () => rows.clear(),
  };
}
