import type { NewNotification } from './notification.ts';

/** A notification that one sender has claimed. */
export interface Claimed extends NewNotification {
  /** Number of claims, this one included. */
  attempts: number;
  /** Time since the notification was recorded. */
  ageMs: number;
  /** Age of the notification when the mail server first refused the mail for a reason other than the recipient. */
  refusedAgeMs: number | null;
  /** The end of the lease, by the database's clock. */
  leaseEndMs: number;
  /** True if all mails of the buyer wait for the profile that this attempt looks up. */
  awaitsProfile: boolean;
  /** Set if the mail has been queued for this domain. */
  domainKey: string | null;
  /** The time that the limit for its address has assigned to this mail, and how long ago that time was. */
  turn: { addressKey: string; atMs: number; ageMs: number } | null;
}

export type Attempt = Pick<Claimed, 'id' | 'attempts'>;
