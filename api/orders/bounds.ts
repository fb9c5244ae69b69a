import type { OrderStore } from './store.ts';

export interface BoundsOptions {
  /** Concurrent `POST /orders` per process. */
  inFlightMax: number;
  /** Orders in progress in total, whether or not their `POST /orders` has been answered. */
  waitingMax: number;
}

export interface Bounds {
  /** Runs `place`. At the limit, resolves with undefined at once and does not run it. */
  within<T>(place: () => Promise<T>): Promise<T | undefined>;
  /** False if so many orders are in progress that a new one would only make all of them wait longer. */
  hasRoom(): Promise<boolean>;
}

/** How long `hasRoom` reuses the last answer of the database. */
const REFRESH_MS = 1_000;

/** Rejects excess load early, while that is cheap. */
export function createBounds(
  store: Pick<OrderStore, 'waitingReaches'>,
  { inFlightMax, waitingMax }: BoundsOptions,
): Bounds {
  let inFlight = 0;
  let full: Promise<boolean> = Promise.resolve(false);
  let refreshedAtMs = -Infinity;

  return {
    async within(place) {
      if (inFlight >= inFlightMax) return undefined;
      inFlight++;
      try {
        return await place();
      } finally {
        inFlight--;
      }
    },

    async hasRoom() {
      if (performance.now() - refreshedAtMs >= REFRESH_MS) {
        refreshedAtMs = performance.now();
        full = store.waitingReaches(waitingMax);
        // After a failed query the next request queries again at once.
        full.catch(() => (refreshedAtMs = -Infinity));
      }
      return !(await full);
    },
  };
}
