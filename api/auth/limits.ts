import { createHash } from 'node:crypto';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../../lib/http/problem.ts';
import type { AuthStore, WriteRate } from './store.ts';

export interface LimitSettings {
  loginFailuresPerAccount: number;
  loginFailuresPerAddress: number;
  loginFailuresWindowS: number;
  registrationsPerAddress: number;
  registrationsWindowS: number;
  writesBurst: number;
  writesPerSecond: number;
}

export interface LoginAttempt {
  username: string;
  address: string;
}

export type Limits = ReturnType<typeof createLimits>;

/** Rate limits that replicas share through the database. Auth needs the database anyway, so there is no fallback. */
export function createLimits(store: Pick<AuthStore, 'queryAttempts' | 'countWrite'>, settings: LimitSettings) {
  const windowOf = createWindows(store);
  const accounts = windowOf('login-account', settings.loginFailuresPerAccount, settings.loginFailuresWindowS);
  const addresses = windowOf('login-address', settings.loginFailuresPerAddress, settings.loginFailuresWindowS);
  const registrations = windowOf('registration', settings.registrationsPerAddress, settings.registrationsWindowS);
  const writeRate: WriteRate = {
    burst: settings.writesBurst,
    intervalMicros: Math.round(1e6 / settings.writesPerSecond),
  };

  return {
    writeRate,

    /** Throws after too many failures. Unknown usernames count too, so that a refusal does not reveal which exist. */
    async checkFailures({ username, address }: LoginAttempt): Promise<void> {
      refuse(
        await Promise.all([blockedMs(accounts, accountKey(username)), blockedMs(addresses, address)]),
        TOO_MANY_FAILURES,
      );
    },

    /**
     * Throws if this failure exceeds the limit. So of many concurrent attempts, those beyond the limit do not learn
     * that their password was wrong.
     */
    async countFailure({ username, address }: LoginAttempt): Promise<void> {
      refuse(
        await Promise.all([consume(accounts, accountKey(username)), consume(addresses, address)]),
        TOO_MANY_FAILURES,
      );
    },

    async countRegistration(address: string): Promise<void> {
      refuse([await consume(registrations, address)], 'Too many registrations from your address');
    },

    async countWrite(userId: string): Promise<void> {
      if (!(await store.countWrite(userId, writeRate))) throw tooManyWrites();
    },
  };
}

const TOO_MANY_FAILURES = 'Too many failed logins';

/** Asks for a wait of 1 s, because every user regains at least one write per second. */
export const tooManyWrites = (): Problem => tooMany('You are sending too many writes', 1);

/** Counts in fixed windows, which replicas share. */
function createWindows({ queryAttempts }: Pick<AuthStore, 'queryAttempts'>) {
  return (keyPrefix: string, points: number, duration: number): RateLimiterPostgres =>
    new RateLimiterPostgres({
      storeClient: { query: queryAttempts },
      storeType: 'client',
      tableName: 'attempts',
      tableCreated: true,
      keyPrefix,
      points,
      duration,
    });
}

/** Milliseconds until the next attempt is allowed; 0 if it is allowed now. */
async function blockedMs(window: RateLimiterPostgres, key: string): Promise<number> {
  const known = await window.get(key);
  return known && known.consumedPoints >= window.points ? waitMs(known) : 0;
}

/** Counts one more attempt. Returns 0, or the milliseconds to wait if this attempt exceeds the limit. */
async function consume(window: RateLimiterPostgres, key: string): Promise<number> {
  try {
    await window.consume(key);
    return 0;
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return waitMs(refused);
    throw refused;
  }
}

const waitMs = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, msBeforeNext);

function refuse(waits: readonly number[], detail: string): void {
  const longestMs = Math.max(...waits);
  if (longestMs > 0) throw tooMany(detail, Math.ceil(longestMs / 1000));
}

const tooMany = (detail: string, waitS: number) =>
  new Problem('too-many-requests', `${detail}. Wait for the number of seconds in Retry-After, then try again`, {
    headers: { 'retry-after': String(waitS) },
  });

/** Usernames are hashed, since they have any length and should not be readable in the table. */
const accountKey = (username: string): string => createHash('sha256').update(username.toLowerCase()).digest('hex');
