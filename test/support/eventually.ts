import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/** Steps are retried after at most 30 s; the rest is for the attempt on a busy machine. Late mails need more. */
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
