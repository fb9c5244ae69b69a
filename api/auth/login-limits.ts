import { createHash } from 'node:crypto';
import { createSlowdown } from './slowdown.ts';
import type { Limit, Windows } from './windows.ts';

export interface LoginLimitSettings {
  /** All logins of an account from one address, right and wrong ones. */
  loginsPerAccount: number;
  loginsPerAddress: number;
  loginsWindowS: number;
  /** Failed logins of an account from one address. */
  loginFailuresPerAccount: number;
  loginFailuresPerAddress: number;
  /** Failed logins of an account from all addresses from which it has not logged in. */
  loginFailuresByStrangers: number;
  loginFailuresWindowS: number;
  loginWaitMs: number;
}

export interface LoginAttempt {
  username: string;
  address: string;
}

/**
 * Limits on logins and on changes of the password. Unknown usernames count like known ones, so that no refusal or wait
 * reveals which exist.
 */
export function createLoginLimits({ window, check, count }: Windows, settings: LoginLimitSettings) {
  const logins = (prefix: string, points: number) =>
    window({ prefix, points, durationS: settings.loginsWindowS, refusal: 'Too many logins' });
  const failures = (prefix: string, points: number, refusal = 'Too many failed logins') =>
    window({ prefix, points, durationS: settings.loginFailuresWindowS, refusal });
  const ofAccount = logins('logins-of-account', settings.loginsPerAccount);
  const ofAddress = logins('logins-of-address', settings.loginsPerAddress);
  const failuresOfAccount = failures('failures-of-account', settings.loginFailuresPerAccount);
  const failuresOfAddress = failures('failures-of-address', settings.loginFailuresPerAddress);
  const failuresByStrangers = failures('failures-by-strangers', settings.loginFailuresByStrangers);
  const wrongChanges = failures('wrong-changes', settings.loginFailuresPerAccount, 'Too many wrong passwords');
  const slowDown = createSlowdown({ waitMs: settings.loginWaitMs });

  const loginsOf = (attempt: LoginAttempt): Limit[] => [
    [ofAccount, attemptKey(attempt)],
    [ofAddress, attempt.address],
  ];
  const failuresOf = (attempt: LoginAttempt): Limit[] => [
    [failuresOfAccount, attemptKey(attempt)],
    [failuresOfAddress, attempt.address],
  ];

  return {
    /** Counts a login before it costs a hash. Throws if it exceeds a limit, or after too many failures. */
    async countLogin(attempt: LoginAttempt): Promise<void> {
      // A refused login is not counted, so that a flood of them costs one read each.
      await check([...failuresOf(attempt), ...loginsOf(attempt)]);
      await count(loginsOf(attempt));
    },

    /** Throws after too many failures. */
    checkFailures: (attempt: LoginAttempt): Promise<void> => check(failuresOf(attempt)),

    /**
     * Throws if this failure exceeds the limit. So concurrent attempts beyond the limit do not learn that their
     * password was wrong.
     */
    countFailure: (attempt: LoginAttempt): Promise<void> => count(failuresOf(attempt)),

    /**
     * Runs `matches` for a login from an address that is new to the account. After too many failures of such logins,
     * waits first. Such a login is never refused, because strangers could otherwise lock the owner out.
     */
    async asStranger(
      { username, address }: LoginAttempt,
      closed: AbortSignal,
      matches: () => Promise<boolean>,
    ): Promise<boolean> {
      const key = hashOf(username.toLowerCase());
      // Counted before the outcome is known; otherwise many concurrent guesses would all pass without a wait.
      const isBeyond = (await failuresByStrangers.consume(key)) > 0;
      return failingOnly(
        () => failuresByStrangers.takeBack(key),
        async () => {
          if (isBeyond) await slowDown(address, closed);
          return matches();
        },
      );
    },

    /**
     * Runs `matches` for the current password in a change of the password. Throws after too many wrong ones of this
     * user. Failed logins do not count here, so a stranger cannot prevent the change.
     */
    async asChange(userId: string, matches: () => Promise<boolean>): Promise<boolean> {
      return failingOnly(
        () => wrongChanges.takeBack(userId),
        async () => {
          // Count before the hash, so that concurrent changes beyond the limit cost no hash. A change that is refused here
          // was not a wrong guess, so `failingOnly` subtracts it again.
          await count([[wrongChanges, userId]]);
          return matches();
        },
      );
    },
  };
}

/** Subtracts the attempt again unless `matches` has found that the password is wrong. */
async function failingOnly(takeBack: () => Promise<void>, matches: () => Promise<boolean>): Promise<boolean> {
  let isWrong = false;
  try {
    isWrong = !(await matches());
  } finally {
    if (!isWrong) await takeBack();
  }
  return !isWrong;
}

/** Identifies an account and an address together. Both are hashed, so the tables reveal neither. */
export const attemptKey = ({ username, address }: LoginAttempt): string =>
  hashOf(`${username.toLowerCase()}\n${address}`);

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
