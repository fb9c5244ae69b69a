import { setTimeout as sleep } from 'node:timers/promises';

export interface PeriodicOptions {
  signal: AbortSignal;
  /** Pause between the end of one run and the start of the next. */
  everyMs: number;
  /** Pause after a failed run, if shorter. */
  retryMs?: number;
  onFailed(error: unknown): void;
}

const RETRY_MS = 10_000;

/** Runs `act` repeatedly, even after failures. Once aborted, resolves when the current run has ended. */
export async function runPeriodically(
  { signal, everyMs, retryMs = RETRY_MS, onFailed }: PeriodicOptions,
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
    await sleep(done ? everyMs : Math.min(everyMs, retryMs), undefined, { signal }).catch(() => {});
  }
}
