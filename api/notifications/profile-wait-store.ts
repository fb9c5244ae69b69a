import { SNAPSHOT_PER_STATEMENT, type RepeatTransaction } from '../../lib/repeat-transaction.ts';
import type { PrismaClient } from '../../prisma/generated/notifications/client.ts';
import type { Attempt, Claimed } from './claimed.ts';
import {
  claimingAwaiting,
  endIfUnused,
  expedition,
  expeditionOfUnanswered,
  extension,
  holding,
  release,
  removal,
  type Missing,
  type NextLookup,
} from './profile-wait-statements.ts';

interface Wait extends NextLookup {
  /** The number of mails that wait for the profile because of this call. */
  held: number;
  /** The number of mails that have become undeliverable. */
  undeliverable: number;
}

/**
 * Buyers whose profile is awaited. All mails of such a buyer wait together, and each look-up serves all of them. A
 * transaction locks the row of the wait before the rows of mails.
 */
export function createProfileWaits(db: PrismaClient, repeatTransaction: RepeatTransaction) {
  /** Makes the mails due that waited for the buyer's profile. */
  const endProfileWait = async (userId: string): Promise<void> => {
    await repeatTransaction(() => db.$transaction([removal(db, userId), release(db, userId)], SNAPSHOT_PER_STATEMENT));
  };

  return {
    endProfileWait,

    /**
     * Claims a mail of each buyer whose next look-up is due, for up to `limit` buyers. The look-up is repeated after
     * `leaseMs` unless its result is stored before that.
     */
    async claimAwaiting(limit: number, leaseMs: number): Promise<Claimed[]> {
      const rows = await claimingAwaiting(db, limit, leaseMs);
      for (const { buyer, id } of rows) if (id === null) await endProfileWait(buyer);
      return rows.filter((row): row is { buyer: string } & Claimed => row.id !== null);
    },

    /**
     * Makes all mails of the buyer wait for the next look-up: those of the given attempts, and those that no sender is
     * sending. If the profile is missing, the mails that are at least `profileWaitMs` old become undeliverable.
     */
    async awaitProfile(userId: string, attempts: readonly Attempt[], missing: Missing | undefined): Promise<Wait> {
      const [[wait], changed] = await repeatTransaction(() =>
        db.$transaction(
          [extension(db, userId, !missing), holding(db, userId, attempts, missing), endIfUnused(db, userId)],
          SNAPSHOT_PER_STATEMENT,
        ),
      );
      const held = changed.filter(({ status }) => status === 'PENDING').length;
      return { ...wait!, held, undeliverable: changed.length - held };
    },

    /**
     * Makes the look-up of the buyer's profile due, even if one is under way. Returns false if no mail waits for the
     * profile.
     */
    profileChanged: async (userId: string): Promise<boolean> => (await expedition(db, userId)) > 0,

    /** Makes due all look-ups that the users service did not answer. */
    usersAnswer: async (): Promise<void> => void (await expeditionOfUnanswered(db)),
  };
}
