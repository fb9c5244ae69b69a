import type { OrderStore } from './store.ts';

export interface BoundsOptions {
  /** Concurrent `POST /orders` per process. */
  inFlightMax: number;
  /** Orders in progress in total, answered or not. */
  waitingMax: number;
}

export interface Bounds {
  /** Runs `place`; at the limit it resolves at once with undefined instead. */
  within<T>(place: () => Promise<T>): Promise<T | undefined>;
  /** False if a new order would only make all orders wait longer. */
  hasRoom(): Promise<boolean>;
}

/** Maximum age of the count of orders in progress. */
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
