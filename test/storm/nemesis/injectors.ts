import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkFault } from '../../support/fakes/link.ts';
import { checkConsumedEvents } from '../checks/consumed-events.i15.ts';
import { createPrng } from '../prng.ts';
import type { EdgeName, ProcessName } from '../world/edges.ts';
import { familyOf, signalAll } from '../world/processes.ts';
import { delaySteps, lateAttempts } from '../failpoints/delays.ts';
import { createFailpointInjector } from './failpoint-injector.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { Injector } from './ports.ts';

const SLOW_MS = { min: 20, max: 400 };
const PIECE_BYTES_MAX = 40;
/** For auth's clock, within the 60 s that verifiers tolerate. A slow clock makes tokens expire early. */
const CLOCK_OFFSETS_MS = [-30_000, -10_000, 6_000, 30_000];
const DUPLICATES = 0.9;
const MESSAGES_MAX = 4;
/** The steps by which a worker writes to a database for an order. */
const LATE_STEPS = ['charge', 'settle'];
/** Longer than a local attempt may take, so that Temporal has the step repeated before the late attempt runs. */
const LATE_MS = 5_000;
const LATE_MIN = 15;
const LATE_WITHIN_MS = 30_000;
const CHECK_EVERY_MS = 100;
const CANCELLATIONS = 0.6;

const kill: Injector = async ({ target }, { world }) => signalAll([world.pidOf(target as ProcessName)], 'SIGKILL');

const pause: Injector = async ({ target, durationMs }, { world, signal }) => {
  const family = await familyOf(world.pidOf(target as ProcessName));
  signalAll(family, 'SIGSTOP');
  try {
    await sleep(durationMs, undefined, { signal });
  } finally {
    signalAll(family, 'SIGCONT');
  }
};

const disturb =
  (faultOf: (fault: Fault) => LinkFault): Injector =>
  async (fault, { world, signal }) => {
    const edge = world.edges[fault.target as EdgeName];
    edge.inject(faultOf(fault));
    try {
      await sleep(fault.durationMs, undefined, { signal });
    } finally {
      edge.heal();
    }
  };

/** Checks before it redelivers, because redelivery would hide an event that was committed without its notification. */
const redeliver: Injector = (_fault, { world, topics, onFound }) =>
  world.roles.whileStopped('notifications', async () => {
    onFound(await checkConsumedEvents(topics, world.databases));
    await topics.rewind();
  });

const publishUnprocessable: Injector = async ({ target, seed }, { topics }) => {
  const prng = createPrng(seed);
  for (let left = prng.between(1, MESSAGES_MAX); left > 0; left--) await topics.publishUnprocessable(target, prng);
};

const duplicate: Injector = async ({ durationMs }, { clients, signal }) => {
  const usual = clients.duplicates;
  clients.duplicates = DUPLICATES;
  try {
    await sleep(durationMs, undefined, { signal });
  } finally {
    clients.duplicates = usual;
  }
};

/**
 * Buyers cancel more orders meanwhile, since a late attempt must not undo what has happened before it. Goes on until
 * enough attempts were late, because other faults may keep buyers from ordering.
 */
const delayAttempts: Injector = async ({ durationMs }, { world, clients, signal }) => {
  const usual = clients.cancellations;
  const wanted = lateAttempts(world.failpointsDir, 'settle') + LATE_MIN;
  const end = delaySteps(world.failpointsDir, LATE_STEPS, LATE_MS);
  clients.cancellations = CANCELLATIONS;
  try {
    await sleep(durationMs, undefined, { signal });
    for (
      const deadline = Date.now() + LATE_WITHIN_MS;
      Date.now() < deadline && lateAttempts(world.failpointsDir, 'settle') < wanted;
    )
      await sleep(CHECK_EVERY_MS, undefined, { signal });
  } finally {
    clients.cancellations = usual;
    end();
  }
};

const offsetClock: Injector = async ({ durationMs, seed }, { world, signal }) => {
  const offset = (ms: number) =>
    world.roles.whileStopped('auth', async () => {}, { STORM_CLOCK_OFFSET_MS: String(ms) });
  await offset(createPrng(seed).pick(CLOCK_OFFSETS_MS));
  await sleep(durationMs, undefined, { signal });
  await offset(0);
};

/** One injector for each kind of fault. */
export function createInjectors(): Readonly<Record<FaultKind, Injector>> {
  return {
    'kill-role': kill,
    'kill-server': kill,
    'pause-role': pause,
    'pause-server': pause,
    latency: disturb(({ seed }) => ({ kind: 'slow', delayMs: createPrng(seed).between(SLOW_MS.min, SLOW_MS.max) })),
    'lost-answers': disturb(({ seed }) => ({ kind: 'answers-lost', share: 0.4, random: createPrng(seed).next })),
    'black-hole': disturb(() => ({ kind: 'black-hole' })),
    silence: disturb(() => ({ kind: 'silent' })),
    cut: disturb(() => ({ kind: 'cut' })),
    slicing: disturb(({ seed }) => ({ kind: 'sliced', pieceBytes: createPrng(seed).between(1, PIECE_BYTES_MAX) })),
    redelivery: redeliver,
    'unprocessable-messages': publishUnprocessable,
    duplicates: duplicate,
    clock: offsetClock,
    'late-attempts': delayAttempts,
    failpoint: createFailpointInjector(),
  };
}
