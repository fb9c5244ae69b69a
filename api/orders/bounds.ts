import { unavailable } from '../../lib/problem.ts';
import type { OrderStore } from './store.ts';

export interface BoundsOptions {
  /** How many placings one process works on at a time. */
  inFlightMax: number;
  /** How many orders may be in progress in all, answered with 202 or not yet answered. */
  waitingMax: number;
}

export interface Bounds {
  /** Does a placing if there is room for one more at this moment; refuses it at once, without any effect, if not. */
  within<T>(place: () => Promise<T>): Promise<T>;
  /** False while so many orders wait for their outcome that another one would only make them wait longer. */
  roomForNew(): Promise<boolean>;
}

/** How old the figure of waiting orders may be. */
const LOOK_EVERY_MS = 1_000;

/** Keeps load that cannot be served from piling up: what is beyond the bounds is refused while it costs nothing. */
export function createBounds(
  store: Pick<OrderStore, 'waitingReaches'>,
  { inFlightMax, waitingMax }: BoundsOptions,
): Bounds {
  let inFlight = 0;
  let full: Promise<boolean> = Promise.resolve(false);
  let lookedAtMs = -Infinity;

  return {
    async within(place) {
      if (inFlight >= inFlightMax)
        throw unavailable('Too many orders are being placed at this moment. Send the same request again');
      inFlight++;
      try {
        return await place();
      } finally {
        inFlight--;
      }
    },

    async roomForNew() {
      if (performance.now() - lookedAtMs >= LOOK_EVERY_MS) {
        lookedAtMs = performance.now();
        full = store.waitingReaches(waitingMax);
        // A database that was away for a moment is asked again at once.
        full.catch(() => (lookedAtMs = -Infinity));
      }
      return !(await full);
    },
  };
}
