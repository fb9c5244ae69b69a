import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/** Retries `check` until it succeeds; throws the last error after `withinMs`. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 120_000): Promise<T> {
  for (const deadline = Date.now() + withinMs; ;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(POLL_MS);
  }
}
