import { setTimeout as sleep } from 'node:timers/promises';

export interface RoundsOptions {
  /** Ends the rounds, and the wait between two of them. */
  signal: AbortSignal;
  /** From the end of one to the begin of the next. */
  everyMs: number;
  /** The same after a round that was cut short, where that is sooner. */
  againMs?: number;
  /** Told why a round was cut short. The next one comes all the same. */
  onFailed(error: unknown): void;
}

const AGAIN_MS = 10_000;

/** Does something again and again. Resolves when it was told to end, after the round that was under way. */
export async function rounds(
  { signal, everyMs, againMs = AGAIN_MS, onFailed }: RoundsOptions,
  act: () => Promise<unknown>,
): Promise<void> {
  while (!signal.aborted) {
    const done = await act().then(
      () => true,
      (error: unknown) => {
        if (!signal.aborted) onFailed(error);
        return false;
      },
    );
    await sleep(done ? everyMs : Math.min(everyMs, againMs), undefined, { signal }).catch(() => {});
  }
}
