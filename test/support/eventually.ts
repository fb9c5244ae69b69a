import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/**
 * A workflow retries a step after at most 30 s. The other 15 s are for the attempt itself on a busy machine. A test
 * that waits for a late mail passes a longer time.
 */
const WITHIN_MS = 45_000;

/** Retries `check` until it succeeds; throws the last error after `withinMs`. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = WITHIN_MS): Promise<T> {
  for (const deadline = Date.now() + withinMs; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(POLL_MS);
  }
}
