import { build, type Histogram } from 'hdr-histogram-js';
import type { Target } from './target.ts';

const HIGHEST_MICROSECONDS = 60_000_000;
const MICROSECONDS = 1_000;

/** How long something took, in all windows of a target together. */
export const createHistogram = (): Histogram =>
  build({ highestTrackableValue: HIGHEST_MICROSECONDS, numberOfSignificantValueDigits: 3 });

/** Milliseconds below which this share of all was. */
export const percentileMs = (histogram: Histogram, percentile: number): number =>
  histogram.getValueAtPercentile(percentile) / MICROSECONDS;

/** So many, or as many as there is time for. */
export interface Bound {
  times: number;
  ms: number;
}

/** One client, one request after the other. */
export async function oneByOne(target: Target, bound: Bound, histogram?: Histogram): Promise<void> {
  const deadlineMs = performance.now() + bound.ms;
  for (let n = 0; n < bound.times && performance.now() < deadlineMs; n++) {
    const startedMs = performance.now();
    await target.act(0);
    histogram?.recordValue(Math.min(HIGHEST_MICROSECONDS, Math.round((performance.now() - startedMs) * MICROSECONDS)));
  }
}

/** Several clients, each with its next request as soon as it has the answer to its last. Answers how many there were, and in which time. */
export async function atOnce(
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
