import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { armFailpoint, foldersOf, hitFailpoints } from '../failpoints/points.ts';
import { createPrng } from '../prng.ts';
import type { Act } from './acts.ts';

const LOOK_MS = 200;

/** A step of the auditor is taken only when somebody has died before: these have to. */
const FIRST: ReadonlyArray<readonly [RegExp, string]> = [
  [/^audit-order:/, 'place:after'],
  [/^audit-cancellation:/, 'cancel-request:after'],
  [/^audit-profile:/, 'profile-row:after'],
];
const NEEDS_POISON = /^dead-letter:/;

/**
 * Arms failpoints, a batch at each call, those first at which nobody has died yet. What nobody has met when the time is over is disarmed,
 * and has another turn.
 */
export function createTraps({ names, batches }: { names: readonly string[]; batches: number }): Act {
  const size = Math.ceil(names.length / Math.max(1, batches));
  let waiting: string[] | undefined;

  return async ({ lastsMs, seed }, { world: { failpointsDir }, topics, signal }) => {
    const prng = createPrng(seed);
    waiting ??= prng.shuffled(names);
    const batch = waiting.splice(0, size);
    for (const name of [...prerequisites(batch), ...batch]) armFailpoint(failpointsDir, name);
    if (batch.some((name) => NEEDS_POISON.test(name))) for (const topic of orderTopics) await topics.poison(topic, prng);

    const hit = () => new Set(hitFailpoints(failpointsDir));
    for (const deadline = Date.now() + lastsMs; Date.now() < deadline && batch.some((name) => !hit().has(name));) {
      await sleep(LOOK_MS, undefined, { signal });
    }
    for (const name of [...prerequisites(batch), ...batch]) await rm(join(foldersOf(failpointsDir).armed, name), { force: true });
    const met = hit();
    waiting = [...batch.filter((name) => !met.has(name)), ...waiting];
  };
}

const prerequisites = (batch: readonly string[]): string[] => FIRST.filter(([of]) => batch.some((name) => of.test(name))).map(([, name]) => name);
