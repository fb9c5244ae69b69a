/** Runs `act` as on a machine whose clock is ahead by `seconds`, or behind if negative. `act` must not await. */
export function withClock<T>(seconds: number, act: () => T): T {
  const RealDate = Date;
  const shiftMs = seconds * 1000;
  globalThis.Date = class extends RealDate {
    constructor(...args: unknown[]) {
      super(...((args.length === 0 ? [RealDate.now() + shiftMs] : args) as [number]));
    }
    static override now(): number {
      return RealDate.now() + shiftMs;
    }
  } as DateConstructor;
  try {
    return act();
  } finally {
    globalThis.Date = RealDate;
  }
}
