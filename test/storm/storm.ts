import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { roleNames } from '../../roles/role.ts';
import { checkResources, readResources, untilReleased } from './checks/resources.i26.ts';
import { readRows } from './checks/rows.ts';
import { recordTransitions } from './checks/transitions.i9-i10-i15.ts';
import { createHistory, type History } from './clients/history.ts';
import { verdictOf } from './clients/verdict.ts';
import { saveEvidence } from './evidence.ts';
import { failpoints, hitFailpoints } from './failpoints/points.ts';
import { createFindings, type Findings } from './findings.ts';
import { openTopics, type Topics } from './nemesis/topics.ts';
import { prove } from './proof.ts';
import type { Report } from './report.ts';
import { watchDatabases } from './watch.ts';
import { createWave, type Wave } from './wave.ts';
import { startWorld, type World } from './world/world.ts';

export interface StormOptions {
  /** Each seed is one wave; all waves run on the same installation. */
  seeds: readonly number[];
  orders: number;
  faults: number;
  root: string;
  dir: string;
  /** For mutants: the storm ends at the first violation of one of these invariants. */
  stopsAt?: readonly string[];
  /** Work that is still pending this long after the last fault counts as stuck. */
  quietWithinMs?: number;
  signal: AbortSignal;
  print(line: string): void;
}

const QUIET_WITHIN_MS = 60_000;
const RELEASE_WITHIN_MS = 90_000;

/** Starts an installation, runs the waves and the checks, and returns the report. Nothing is left running. */
export async function storm(options: StormOptions): Promise<Report> {
  const { dir, root, seeds, stopsAt = [] } = options;
  await mkdir(dir, { recursive: true });
  const startedMs = Date.now();
  const print = (line: string) =>
    options.print(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const world = await startWorld({ dir: join(dir, 'world'), root, signal: options.signal, onNote: print });
  const history = createHistory(join(dir, 'history.jsonl'));
  const topics = await openTopics(world.stack.env()['KAFKA_BROKERS']!);
  const waves: Wave[] = [];
  const ordersMade = () => waves.reduce((sum, { clients }) => sum + clients.orders(), 0);
  const findings = createFindings(({ invariant, what }) => {
    print(`VIOLATION of ${invariant}, after ${ordersMade()} orders: ${what}`);
    if (stopsAt.includes(invariant)) ending.abort(CAUGHT);
  });
  void world.failure.then((reason) => ending.abort(reason));
  try {
    const running = runWaves({ ...options, signal, print }, { world, topics, history, findings, waves });
    const completed = await running.catch((error: unknown) => {
      if (signal.reason !== CAUGHT) throw error;
      return undefined;
    });
    if (findings.all.length > 0) await saveEvidence(join(dir, 'evidence'), world, topics);
    const rows = completed?.rows ?? (await readRows(world.databases));
    const counts = countsOf({ world, history, findings, waves });
    return { ...completed, ...counts, rows, seeds, tookMs: Date.now() - startedMs };
  } finally {
    for (const { clients } of waves) await clients.close();
    await history.close();
    await topics.close();
    await world.stop();
  }
}

const CAUGHT = new Error('a violation was found');

interface StormState {
  world: World;
  topics: Topics;
  history: History;
  findings: Findings;
  waves: Wave[];
}

async function runWaves(
  { seeds, orders, faults, quietWithinMs = QUIET_WITHIN_MS, signal, print }: StormOptions,
  { world, topics, history, findings, waves }: StormState,
) {
  await recordTransitions(world.databases);
  const watch = watchDatabases(world.databases, findings.add);
  const onFound = findings.add;
  const quietMs: number[] = [];
  try {
    for (const seed of seeds)
      waves.push(createWave({ world, topics, history, seed, orders, faults, quietWithinMs, signal, onFound, print }));
    await waves[0]!.warmUp();
    const start = await readResources(world);
    for (const [n, wave] of waves.entries()) {
      print(`the wave of seed ${seeds[n]} starts`);
      quietMs.push(await wave.run());
    }
    await watch.close();
    const buyers = waves.flatMap(({ clients }) => clients.buyers);
    const rows = await prove({ world, topics, buyers, history, faults, quietWithinMs, signal, onFound, print });
    const end = await untilReleased(world, start, { withinMs: RELEASE_WITHIN_MS, signal });
    onFound(checkResources(start, end));
    return { rows, databaseChecks: watch.checks(), quietMs, resources: { start, end } };
  } finally {
    await watch.close();
  }
}

const countsOf = ({ world, history, findings, waves }: Omit<StormState, 'topics'>) => ({
  faults: waves.flatMap(({ plan }) => plan),
  failpoints: { hit: hitFailpoints(world.failpointsDir), all: failpoints.length },
  requests: history.exchanges.length,
  unknown: history.exchanges.filter((each) => verdictOf(each) === 'unknown').length,
  restarts: roleNames.reduce((sum, role) => sum + world.roles.restarts(role), 0),
  violations: findings.all,
});
