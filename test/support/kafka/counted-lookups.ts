import assert from 'node:assert/strict';
import { eventually } from '../eventually.ts';
import { notifications } from './mailing.ts';
import { notificationOf } from './notifications.ts';

/**
 * Counts the look-ups of each user. A user without an address has no profile. If the value is an error, the look-up
 * throws it.
 */
export function countingProfiles(addresses: Map<string, string | Error>, otherwise?: string | Error) {
  const lookups = new Map<string, number>();
  return {
    lookups,
    total: () => [...lookups.values()].reduce((sum, count) => sum + count, 0),
    async addressOf(userId: string) {
      lookups.set(userId, (lookups.get(userId) ?? 0) + 1);
      const answer = addresses.get(userId) ?? otherwise;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

/** Records notifications of the buyer. */
export const record = async (userId: string, count = 1) => {
  const mails = Array.from({ length: count }, () => notificationOf(userId));
  for (const mail of mails) await notifications.store.record(mail);
  return mails;
};
/** Waits until exactly this many mails are sent. */
export const untilSent = (count: number) =>
  eventually(async () =>
    assert.equal((await notifications.rows()).filter(({ status }) => status === 'SENT').length, count),
  );
