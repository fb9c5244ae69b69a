import { createLoginLimits, type LoginLimitSettings } from './login-limits.ts';
import type { AuthStore, WriteRate } from './store.ts';
import { createWindows, tooMany } from './windows.ts';

export interface LimitSettings extends LoginLimitSettings {
  registrationsPerAddress: number;
  registrationsWindowS: number;
  writesBurst: number;
  writesPerSecond: number;
}

export type Limits = ReturnType<typeof createLimits>;

/** Rate limits that replicas share through the database. Auth needs the database anyway, so there is no fallback. */
export function createLimits(store: Pick<AuthStore, 'attempts' | 'countWrite'>, settings: LimitSettings) {
  const windows = createWindows(store.attempts);
  const registrations = windows.window({
    prefix: 'registration',
    points: settings.registrationsPerAddress,
    durationS: settings.registrationsWindowS,
    refusal: 'Too many registrations from your address',
  });
  const writeRate: WriteRate = {
    burst: settings.writesBurst,
    intervalMicros: Math.round(1e6 / settings.writesPerSecond),
  };

  return {
    ...createLoginLimits(windows, settings),
    writeRate,

    async countRegistration(address: string): Promise<void> {
      // A refused registration is not counted, so that a flood of them costs one read each.
      await windows.check([[registrations, address]]);
      await windows.count([[registrations, address]]);
    },

    async countWrite(userId: string): Promise<void> {
      if (!(await store.countWrite(userId, writeRate))) throw tooManyWrites();
    },
  };
}

/** Asks for a wait of 1 s, because every user regains at least one write per second. */
export const tooManyWrites = () => tooMany('You are sending too many writes', 1);
