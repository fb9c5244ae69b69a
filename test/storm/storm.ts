import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { roleNames } from '../../bin/role.ts';
import { readBooks } from './checks/books.ts';
import { brokenHoldings, readHoldings, untilLetGo } from './checks/resources.ts';
import { recordTransitions } from './checks/transitions.ts';
import { createHistory, type History } from './clients/history.ts';
import { verdictOf } from './clients/verdict.ts';
import { keepEvidence } from './evidence.ts';
import { failpoints, hitFailpoints } from './failpoints/points.ts';
import { createFindings, type Findings } from './findings.ts';
import { openTopics, type Topics } from './nemesis/topics.ts';
import { prove } from './proof.ts';
import type { Report } from './report.ts';
import { watchBooks } from './watch.ts';
import { createWave, type Wave } from './wave.ts';
import { startWorld, type World } from './world/world.ts';

export interface StormOptions {
  /** One wave of buyers and faults for each, one after the other, over the same installation. */
  seeds: readonly number[];
  /** Of each wave. */
  orders: number;
  faults: number;
  /** The tree whose program is put to the test. */
  root: string;
  /** Where the history goes, and the evidence of what is found. */
  dir: string;
  /** Ends with the first violation of one of these: for what is broken on purpose. */
  stopsAt?: readonly string[];
  /** How long after the last fault something may still be under way. What takes longer is stuck. */
  quietWithinMs?: number;
  signal: AbortSignal;
  say(line: string): void;
}

const QUIET_WITHIN_MS = 60_000;
/** Idle connections are kept for a minute. */
const LET_GO_WITHIN_MS = 90_000;

/** Brings up an installation, has buyers order while everything dies, and answers what came of it. Nothing is left running. */
export async function storm(options: StormOptions): Promise<Report> {
  const { dir, root, seeds, stopsAt = [] } = options;
  await mkdir(dir, { recursive: true });
  const beganMs = Date.now();
  const say = (line: string) => options.say(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const world = await startWorld({ dir: join(dir, 'world'), root, signal: options.signal, onNote: say });
  const history = createHistory(join(dir, 'history.jsonl'));
  const topics = await openTopics(world.stack.env()['KAFKA_BROKERS']!);
  const waves: Wave[] = [];
  const ordersMade = () => waves.reduce((sum, { clients }) => sum + clients.orders(), 0);
  const findings = createFindings(({ invariant, what }) => {
    say(`VIOLATION of ${invariant}, after ${ordersMade()} orders: ${what}`);
    if (stopsAt.includes(invariant)) ending.abort(ENOUGH);
  });
  void world.givenUp.then((reason) => ending.abort(reason));
  try {
    const passing = pass({ ...options, signal, say }, { world, topics, history, findings, waves });
    const passed = await passing.catch((error: unknown) => {
      if (signal.reason !== ENOUGH) throw error;
      return undefined;
    });
    if (findings.all.length > 0) await keepEvidence(join(dir, 'evidence'), world, topics);
    const books = passed?.books ?? (await readBooks(world.databases));
    return { ...passed, ...seen({ world, history, findings, waves }), books, seeds, tookMs: Date.now() - beganMs };
  } finally {
    for (const { clients } of waves) await clients.close();
    await history.close();
    await topics.close();
    await world.stop();
  }
}

/** The reason to end when no more is to be found out. */
const ENOUGH = new Error('a violation was found');

interface Scene {
  world: World;
  topics: Topics;
  history: History;
  findings: Findings;
  waves: Wave[];
}

async function pass(
  { seeds, orders, faults, quietWithinMs = QUIET_WITHIN_MS, signal, say }: StormOptions,
  { world, topics, history, findings, waves }: Scene,
) {
  await recordTransitions(world.databases);
  const watch = watchBooks(world.databases, findings.add);
  const onFound = findings.add;
  const quietMs: number[] = [];
  try {
    for (const seed of seeds)
      waves.push(createWave({ world, topics, history, seed, orders, faults, quietWithinMs, signal, onFound, say }));
    await waves[0]!.warmUp();
    const start = await readHoldings(world);
    for (const [n, wave] of waves.entries()) {
      say(`the wave of seed ${seeds[n]} begins`);
      quietMs.push(await wave.break());
    }
    await watch.close();
    const buyers = waves.flatMap(({ clients }) => clients.buyers);
    const books = await prove({ world, topics, buyers, history, faults, quietWithinMs, signal, onFound, say });
    const end = await untilLetGo(world, start, { withinMs: LET_GO_WITHIN_MS, signal });
    onFound(brokenHoldings(start, end));
    return { books, looks: watch.looks(), quietMs, holdings: { start, end } };
  } finally {
    await watch.close();
  }
}

const seen = ({ world, history, findings, waves }: Omit<Scene, 'topics'>) => ({
  faults: waves.flatMap(({ plan }) => plan),
  failpoints: { hit: hitFailpoints(world.failpointsDir), all: failpoints.length },
  requests: history.exchanges.length,
  unknown: history.exchanges.filter((each) => verdictOf(each) === 'unknown').length,
  restarts: roleNames.reduce((sum, role) => sum + world.roles.restarts(role), 0),
  violations: findings.all,
});
