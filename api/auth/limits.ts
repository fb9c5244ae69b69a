import { createHash } from 'node:crypto';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../../lib/problem.ts';
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

/** Who tries to log in, and as whom. */
export interface LoginAttempt {
  username: string;
  address: string;
}

export type Limits = ReturnType<typeof createLimits>;

/**
 * What strangers, and users, may do how often. All replicas count in the auth database. They can do nothing without it anyway, so there
 * is no question of letting people in, or keeping them out, while it is away: whoever needs it is told `unavailable`.
 */
export function createLimits(store: Pick<AuthStore, 'queryAttempts' | 'takeWrite'>, settings: LimitSettings) {
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

    /** Refuses who has failed too often. A name that nobody has is counted like any other, so that nothing is learnt from it. */
    async checkFailures({ username, address }: LoginAttempt): Promise<void> {
      refuse(await Promise.all([spent(accounts, accountKey(username)), spent(addresses, address)]), FAILED_TOO_OFTEN);
    },

    /** Counts a failure. Refuses those that were under way when there were enough of them: what they have found out is not told. */
    async countFailure({ username, address }: LoginAttempt): Promise<void> {
      refuse(await Promise.all([spend(accounts, accountKey(username)), spend(addresses, address)]), FAILED_TOO_OFTEN);
    },

    /** Counts a registration, or refuses it. */
    async countRegistration(address: string): Promise<void> {
      refuse([await spend(registrations, address)], 'Too many have registered from your address');
    },

    /** Counts a write of the user, or refuses it. */
    async countWrite(userId: string): Promise<void> {
      if (!(await store.takeWrite(userId, writeRate))) throw tooManyWrites();
    },
  };
}

const FAILED_TOO_OFTEN = 'Too many logins have failed';

/** There is at least one more each second. */
export const tooManyWrites = (): Problem => tooMany('You send more writes than are taken in this time', 1);

/** Windows of a fixed length, that begin with the first attempt. They end by the clocks of the replicas: a few seconds more or less are no matter. */
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

/** How long to wait for the next attempt, in milliseconds; 0 while there are some left. */
async function spent(window: RateLimiterPostgres, key: string): Promise<number> {
  const known = await window.get(key);
  return known && known.consumedPoints >= window.points ? waitMs(known) : 0;
}

/** The same after one more attempt. */
async function spend(window: RateLimiterPostgres, key: string): Promise<number> {
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
  new Problem('too-many-requests', `${detail}. Wait for the seconds in Retry-After`, {
    headers: { 'retry-after': String(waitS) },
  });

/** Names are of any length, and of no use to whoever reads the table. */
const accountKey = (username: string): string => createHash('sha256').update(username.toLowerCase()).digest('hex');
