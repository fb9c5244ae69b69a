import { setTimeout as sleep } from 'node:timers/promises';

export interface RoundsOptions {
  /** Ends the rounds, and the wait between two of them. */
  signal: AbortSignal;
  /** From the end of one to the begin of the next. */
  everyMs: number;
  /** Told why a round was cut short. The next one comes all the same. */
  onFailed(error: unknown): void;
}

/** Does something again and again. Resolves when it was told to end, after the round that was under way. */
export async function rounds({ signal, everyMs, onFailed }: RoundsOptions, act: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await act().catch((error: unknown) => {
      if (!signal.aborted) onFailed(error);
    });
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}
