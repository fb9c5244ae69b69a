import { bulkhead } from 'cockatiel';

/** The act got no turn in time, so it has not run. */
export class NoTurn extends Error {}

/** Runs an act when it is its turn. Rejects with `NoTurn` if that is later than `untilMs` of `performance.now()`. */
export type Lane = <T>(act: () => Promise<T>, untilMs: number) => Promise<T>;

/** Runs at most `size` acts at once, in order of arrival. */
export function createLane(size: number): Lane {
  const policy = bulkhead(size, Number.POSITIVE_INFINITY);
  return (act, untilMs) =>
    new Promise((resolve, reject) => {
      const late = new AbortController();
      const timer = setTimeout(
        () => {
          // The policy skips an aborted act, but only when it would be its turn.
          late.abort();
          reject(new NoTurn(`no turn among the ${size} that run at once`));
        },
        Math.max(0, untilMs - performance.now()),
      );
      const start = () => {
        clearTimeout(timer);
        return act();
      };
      policy.execute(start, late.signal).then(resolve, reject);
    });
}
