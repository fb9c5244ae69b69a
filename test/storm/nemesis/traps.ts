import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { armFailpoint, failpoints, foldersOf, hitFailpoints } from '../failpoints/points.ts';
import { createPrng, type Prng } from '../prng.ts';
import type { Act } from './acts.ts';
import type { NemesisPorts } from './ports.ts';

const LOOK_MS = 100;
/** More, and nobody is left to walk into one. */
const ARMED_MAX = 3;
/** Who has not come by within that time may not come at all: another one has its turn. */
const ARMED_FOR_MS = 9_000;

/** A step of the auditor is taken only when somebody has died before: these have to. */
const FIRST: ReadonlyArray<readonly [RegExp, string]> = [
  [/^audit-order:/, 'place:after'],
  [/^audit-cancellation:/, 'cancel-request:after'],
  [/^audit-profile:/, 'profile-row:after'],
];
const NEEDS_POISON = /^dead-letter:/;

/** Arms failpoints, some at a time, those first at which nobody has died yet. When the time is over none is armed. */
export function createTraps(): Act {
  let waiting: string[] | undefined;
  return async ({ lastsMs, seed }, ports) => {
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
      const deadline = Date.now() + lastsMs;
      Date.now() < deadline;
      await sleep(LOOK_MS, undefined, { signal: ports.signal })
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
  if (NEEDS_POISON.test(name)) for (const topic of orderTopics) await topics.poison(topic, prng);
}

const prerequisites = (name: string): string[] => FIRST.filter(([of]) => of.test(name)).map(([, first]) => first);
