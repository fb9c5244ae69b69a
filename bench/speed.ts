import type { Histogram } from 'hdr-histogram-js';
import { runConcurrently, createHistogram, runSequentially, type Bound } from './load.ts';
import type { Target } from './target.ts';

/** Each round measures every target, so other load on the machine affects all alike. */
export interface Extent {
  rounds: number;
  warmUp: Bound;
  oneClient: Bound;
  manyClientsMs: number;
}

export const CLIENTS = 8;

/** Measures all targets with one client and the `saturated` ones also with eight. */
export async function measure<Name extends string, Some extends Name>(
  targets: Record<Name, Target>,
  saturated: readonly Some[],
  extent: Extent,
  { say, signal }: { say: (line: string) => void; signal: AbortSignal },
): Promise<{ histograms: Record<Name, Histogram>; perSecond: Record<Some, number> }> {
  const names = Object.keys(targets) as Name[];
  const histograms = record(names, createHistogram);
  const totals = record(saturated, () => ({ count: 0, ms: 0 }));
  const inTurn = async <T extends Name>(title: string, each: readonly T[], act: (name: T) => Promise<void>) => {
    say(title);
    for (const name of each) {
      signal.throwIfAborted();
      await act(name);
      await targets[name].untilIdle();
    }
  };

  await inTurn('warming up', names, (name) => runSequentially(targets[name], extent.warmUp));
  await inTurn(
    'warming up, with many clients',
    saturated,
    async (name) => void (await runConcurrently(targets[name], CLIENTS, extent.warmUp.ms)),
  );
  for (let round = 1; round <= extent.rounds; round++) {
    await inTurn(`one client, round ${round} of ${extent.rounds}`, names, (name) =>
      runSequentially(targets[name], extent.oneClient, histograms[name]),
    );
  }
  for (let round = 1; round <= extent.rounds; round++) {
    await inTurn(`${CLIENTS} clients, round ${round} of ${extent.rounds}`, saturated, async (name) => {
      const { count, ms } = await runConcurrently(targets[name], CLIENTS, extent.manyClientsMs);
      totals[name].count += count;
      totals[name].ms += ms;
    });
  }
  return { histograms, perSecond: record(saturated, (name) => totals[name].count / (totals[name].ms / 1000)) };
}

const record = <Name extends string, T>(names: readonly Name[], make: (name: Name) => T): Record<Name, T> =>
  Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>;
