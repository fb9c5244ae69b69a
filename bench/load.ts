import { build, type Histogram } from 'hdr-histogram-js';
import type { Target } from './target.ts';

const HIGHEST_MICROSECONDS = 60_000_000;
const MICROSECONDS = 1_000;

export const createHistogram = (): Histogram =>
  build({ highestTrackableValue: HIGHEST_MICROSECONDS, numberOfSignificantValueDigits: 3 });

/** A percentile in milliseconds. */
export const percentileMs = (histogram: Histogram, percentile: number): number =>
  histogram.getValueAtPercentile(percentile) / MICROSECONDS;

/** A run ends after this many requests or milliseconds, whichever comes first. */
export interface Bound {
  times: number;
  ms: number;
}

/** One client sends one request after the other. */
export async function runSequentially(target: Target, bound: Bound, histogram?: Histogram): Promise<void> {
  const deadlineMs = performance.now() + bound.ms;
  for (let n = 0; n < bound.times && performance.now() < deadlineMs; n++) {
    const startedMs = performance.now();
    await target.act(0);
    histogram?.recordValue(Math.min(HIGHEST_MICROSECONDS, Math.round((performance.now() - startedMs) * MICROSECONDS)));
  }
}

/** Each client sends its next request once it has a response. Returns the number of requests and the elapsed time. */
export async function runConcurrently(
  target: Target,
  clients: number,
  durationMs: number,
): Promise<{ count: number; ms: number }> {
  const startedMs = performance.now();
  let count = 0;
  const client = async (n: number) => {
    while (performance.now() - startedMs < durationMs) {
      await target.act(n);
      count++;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
  return { count, ms: performance.now() - startedMs };
}
