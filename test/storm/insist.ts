import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 45_000;
const LOOK_AGAIN_MS = 200;

/** Does something until it does not fail: for what a server is needed that may be away at the moment. */
export async function insist<T>(act: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + WITHIN_MS; ; await sleep(LOOK_AGAIN_MS)) {
    try {
      return await act();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
