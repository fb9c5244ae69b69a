import type { Log } from '../../lib/log.ts';
import type { Claimed } from './claimed.ts';
import { mails as outcomes } from './metrics.ts';
import type { Outage } from './outage.ts';
import type { Profiles } from './profiles.ts';
import type { NotificationStore } from './store.ts';

export interface LookupPorts {
  store: Pick<NotificationStore, 'awaitProfile' | 'endProfileWait' | 'usersAnswer'>;
  profiles: Profiles;
  outage: Outage;
  log: Log;
  /** How long to wait for a missing profile, counted from when the notification was recorded. */
  profileWaitMs: number;
}

/**
 * Returns a function that reads the address for a claimed mail, or '' if the profile has none. Mails of the same buyer
 * share a look-up. If there is no profile or no answer, all mails of the buyer wait for the next look-up. The attempt
 * has then ended, and the function returns undefined.
 */
export function createLookups({ store, profiles, outage, log, profileWaitMs }: LookupPorts) {
  const underWay = new Map<string, { mails: Claimed[]; address: Promise<string | undefined> }>();
  const missing = { profileWaitMs, reason: 'the buyer has no profile' };

  const wait = async (mails: readonly Claimed[], why: string, isMissing: boolean): Promise<undefined> => {
    const [{ userId, orderId, correlationId }] = mails as [Claimed];
    const { held, undeliverable, ...wait } = await store.awaitProfile(userId, mails, isMissing ? missing : undefined);
    const fields = { role: 'notifications', orderId, correlationId, ...wait, held };
    if (undeliverable > 0) {
      log.warn({ ...fields, undeliverable, reason: missing.reason }, 'mails of a buyer are undeliverable');
      outcomes.inc({ end: 'undeliverable' }, undeliverable);
    } else log.info({ ...fields, why }, 'mails of a buyer postponed');
    if (held > 0) outcomes.inc({ end: 'postponed' });
  };

  const lookUp = async (userId: string, mails: readonly Claimed[]): Promise<string | undefined> => {
    const [{ correlationId }] = mails as [Claimed];
    const answer = await profiles.addressOf(userId, correlationId).then(
      (address) => ({ address }),
      (error: Error) => ({ error }),
    );
    // From here on, the result concerns only the mails that shared this look-up. Later mails start another.
    underWay.delete(userId);
    if ('error' in answer) {
      outage.failed(userId);
      return wait(mails, answer.error.message, false);
    }
    if (outage.answered()) await store.usersAnswer();
    if (answer.address === undefined) return wait(mails, 'the buyer has no profile yet', true);
    if (mails.some(({ awaitsProfile }) => awaitsProfile)) await store.endProfileWait(userId);
    return answer.address;
  };

  return async (mail: Claimed): Promise<string | undefined> => {
    const shared = underWay.get(mail.userId);
    if (shared) {
      shared.mails.push(mail);
      return shared.address;
    }
    const mails = [mail];
    const address = lookUp(mail.userId, mails);
    underWay.set(mail.userId, { mails, address });
    return address;
  };
}
