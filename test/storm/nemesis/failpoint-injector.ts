import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { armFailpoint, failpoints, foldersOf, hitFailpoints } from '../failpoints/points.ts';
import { createPrng, type Prng } from '../prng.ts';
import type { NemesisPorts, Injector } from './ports.ts';

const CHECK_EVERY_MS = 100;
/** With more failpoints armed at once, too few roles stay up to reach them. */
const ARMED_MAX = 3;
/** A failpoint that is not hit within this time makes room for another one. */
const ARMED_FOR_MS = 9_000;

/** The auditor acts only after another role has died, so arm a failpoint of that role too. */
const PREREQUISITES: ReadonlyArray<readonly [RegExp, string]> = [
  [/^audit-order:/, 'place:after'],
  [/^audit-cancellation:/, 'cancel-request:after'],
  [/^audit-profile:/, 'profile-row:after'],
];
const NEEDS_UNPROCESSABLE = /^dead-letter:/;

/**
 * Arms a few failpoints at a time, in random order. One that is hit is done; one that is not hit in time is armed again
 * later. None stays armed at the end.
 */
export function createFailpointInjector(): Injector {
  let waiting: string[] | undefined;
  return async ({ durationMs, seed }, ports) => {
    const { failpointsDir } = ports.world;
    const prng = createPrng(seed);
    waiting ??= prng.shuffled(failpoints.map(({ name }) => name));
    const armed = new Map<string, number>();
    const disarm = async (name: string) => {
      armed.delete(name);
      for (const each of [name, ...prerequisites(name)])
        await rm(join(foldersOf(failpointsDir).armed, each), { force: true });
    };
    for (
      const deadline = Date.now() + durationMs;
      Date.now() < deadline;
      await sleep(CHECK_EVERY_MS, undefined, { signal: ports.signal })
    ) {
      const hit = new Set(hitFailpoints(failpointsDir));
      for (const [name, since] of armed) {
        if (!hit.has(name) && Date.now() < since + ARMED_FOR_MS) continue;
        await disarm(name);
        if (!hit.has(name)) waiting.push(name);
      }
      while (armed.size < ARMED_MAX && waiting.length > 0) {
        const name = waiting.shift()!;
        armed.set(name, Date.now());
        await arm(name, ports, prng);
      }
      if (armed.size === 0) break;
    }
    waiting.unshift(...armed.keys());
    for (const name of armed.keys()) await disarm(name);
  };
}

async function arm(name: string, { world, topics }: NemesisPorts, prng: Prng): Promise<void> {
  for (const each of [...prerequisites(name), name]) armFailpoint(world.failpointsDir, each);
  if (NEEDS_UNPROCESSABLE.test(name)) for (const topic of orderTopics) await topics.publishUnprocessable(topic, prng);
}

const prerequisites = (name: string): string[] =>
  PREREQUISITES.filter(([pattern]) => pattern.test(name)).map(([, first]) => first);
