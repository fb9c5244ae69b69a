const BACKOFF_MS = { first: 1_000, max: 60_000 };

/**
 * Doubles from a second up to `maxMs`, a minute by default. Then subtracts up to a quarter at random, so that retries
 * spread out.
 */
export function backoffMs(attempts: number, maxMs = BACKOFF_MS.max): number {
  const fullMs = Math.min(BACKOFF_MS.first * 2 ** (attempts - 1), maxMs);
  return Math.round(fullMs * (1 - Math.random() / 4));
}
