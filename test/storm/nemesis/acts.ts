import { setTimeout as sleep } from 'node:timers/promises';
import { brokenReading } from '../checks/reading.ts';
import { createPrng } from '../prng.ts';
import type { EdgeName, Place } from '../world/edges.ts';
import { familyOf, signalAll } from '../world/processes.ts';
import type { Affliction } from '../../support/link.ts';
import type { Fault, FaultKind } from './faults.ts';
import type { NemesisPorts } from './ports.ts';
import { createTraps } from './traps.ts';

/** Lets a fault happen, and resolves when it is over. */
export type Act = (fault: Fault, ports: NemesisPorts) => Promise<void>;

const SLOW_MS = { min: 20, max: 400 };
const PIECE_BYTES_MAX = 40;
/** Behind, by as much as a token can bear; ahead, by less than the clocks of two machines may differ. */
const CLOCK_OFFSETS_MS = [-30_000, -10_000, 4_000];
const DUPLICATES = 0.9;
const POISON_MAX = 4;

const kill: Act = async ({ target }, { world }) => signalAll([world.pidOf(target as Place)], 'SIGKILL');

const pause: Act = async ({ target, lastsMs }, { world, signal }) => {
  const family = await familyOf(world.pidOf(target as Place));
  signalAll(family, 'SIGSTOP');
  try {
    await sleep(lastsMs, undefined, { signal });
  } finally {
    signalAll(family, 'SIGCONT');
  }
};

/** Spoils a way for a while. */
const spoil =
  (afflictionOf: (fault: Fault) => Affliction): Act =>
  async (fault, { world, signal }) => {
    const edge = world.edges[fault.target as EdgeName];
    edge.suffer(afflictionOf(fault));
    try {
      await sleep(fault.lastsMs, undefined, { signal });
    } finally {
      edge.heal();
    }
  };

/** What was counted as read and came to nothing would come again: so it is looked for before. */
const redeliver: Act = (_fault, { world, topics, onFound }) =>
  world.roles.without('notifications', async () => {
    onFound(await brokenReading(topics, world.databases));
    await topics.rewind();
  });

const poison: Act = async ({ target, seed }, { topics }) => {
  const prng = createPrng(seed);
  for (let left = prng.between(1, POISON_MAX); left > 0; left--) await topics.poison(target, prng);
};

const duplicate: Act = async ({ lastsMs }, { clients, signal }) => {
  const usual = clients.duplicates;
  clients.duplicates = DUPLICATES;
  try {
    await sleep(lastsMs, undefined, { signal });
  } finally {
    clients.duplicates = usual;
  }
};

const offsetClock: Act = async ({ lastsMs, seed }, { world, signal }) => {
  const offset = (ms: number) => world.roles.without('auth', async () => {}, { STORM_CLOCK_OFFSET_MS: String(ms) });
  await offset(createPrng(seed).pick(CLOCK_OFFSETS_MS));
  await sleep(lastsMs, undefined, { signal });
  await offset(0);
};

/** What each kind of fault does. */
export function createActs(): Readonly<Record<FaultKind, Act>> {
  return {
    'kill-role': kill,
    'kill-server': kill,
    'pause-role': pause,
    'pause-server': pause,
    latency: spoil(({ seed }) => ({ kind: 'slow', delayMs: createPrng(seed).between(SLOW_MS.min, SLOW_MS.max) })),
    'lost-answers': spoil(({ seed }) => ({ kind: 'answers-lost', share: 0.4, random: createPrng(seed).next })),
    'black-hole': spoil(() => ({ kind: 'black-hole' })),
    silence: spoil(() => ({ kind: 'silent' })),
    cut: spoil(() => ({ kind: 'cut' })),
    slicing: spoil(({ seed }) => ({ kind: 'sliced', pieceBytes: createPrng(seed).between(1, PIECE_BYTES_MAX) })),
    redelivery: redeliver,
    poison,
    duplicates: duplicate,
    clock: offsetClock,
    failpoint: createTraps(),
  };
}
