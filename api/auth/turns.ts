import { unavailable } from '../../lib/problem.ts';

/** Runs an act when its turn has come. Rejects with `unavailable`, at once, when too many wait already. */
export type Turns = <T>(act: () => Promise<T>) => Promise<T>;

/** Lets so many acts run at once, and so many wait behind them: what costs memory and a core must not be asked for without bound. */
export function createTurns({ runningMax, waitingMax }: { runningMax: number; waitingMax: number }): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (act) => {
    if (running >= runningMax) {
      if (waiting.length >= waitingMax) throw unavailable('Too many log in at once. Send the same request again');
      // Whoever ends hands its place over, so that nobody who comes later slips in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
