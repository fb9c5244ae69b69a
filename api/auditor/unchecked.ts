/** This many failures in a row mean that a service is down, not that single buyers cannot be checked. */
const FAILURES_IN_A_ROW_MAX = 3;

/** The buyers who could not be checked, each with the reason. */
export type Unchecked = ReadonlyMap<string, unknown>;

/**
 * Checks buyers one after the other. Notes a buyer who cannot be checked, and goes on with the others. If a service is
 * down, each check would wait for its timeout, so the rest are noted without an attempt.
 */
export function createTolerance() {
  const unchecked = new Map<string, unknown>();
  let checked = 0;
  let failuresInARow = 0;
  let failure: unknown;
  return {
    unchecked: unchecked as Unchecked,
    /** Resolves with undefined if the buyer could not be checked. */
    async tryCheck<T>(ownerId: string, check: () => Promise<T>): Promise<T | undefined> {
      if (failuresInARow < FAILURES_IN_A_ROW_MAX) {
        try {
          const result = await check();
          checked++;
          failuresInARow = 0;
          return result;
        } catch (error) {
          failuresInARow++;
          failure = error;
        }
      }
      unchecked.set(ownerId, failure);
      return undefined;
    },
    /** Call this after a pause: the service may be up again. */
    startPass(): void {
      failuresInARow = 0;
    },
    /** Throws the failure if no buyer at all could be checked. */
    throwIfNone(): void {
      if (checked === 0 && unchecked.size > 0) throw failure;
    },
    /** True if no buyer could be checked, and there have been enough attempts. */
    isHopeless: (): boolean => checked === 0 && failuresInARow >= FAILURES_IN_A_ROW_MAX,
  };
}
