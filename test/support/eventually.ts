import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 50;

/** Resolves with what `check` answers, once it does not fail any more. After `withinMs` it rejects with the last failure. */
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
