import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { roleNames } from '../../bin/role.ts';
import { brokenHoldings, readHoldings, untilLetGo } from './checks/resources.ts';
import { recordTransitions } from './checks/transitions.ts';
import { createClients } from './clients/clients.ts';
import { createHistory } from './clients/history.ts';
import { verdictOf } from './clients/verdict.ts';
import { failpoints, hitFailpoints } from './failpoints/points.ts';
import { createFindings } from './findings.ts';
import type { Fault } from './nemesis/faults.ts';
import { unleash } from './nemesis/nemesis.ts';
import { planFaults } from './nemesis/plan.ts';
import { openTopics } from './nemesis/topics.ts';
import { createPrng } from './prng.ts';
import { prove } from './proof.ts';
import { untilQuiet } from './quiescence.ts';
import type { Report } from './report.ts';
import { watchBooks } from './watch.ts';
import { startWorld, type World } from './world/world.ts';

export interface StormOptions {
  seed: number;
  orders: number;
  faults: number;
  /** The tree whose program is put to the test. */
  root: string;
  /** Where the data, the logs and the history go. */
  dir: string;
  signal: AbortSignal;
  say(line: string): void;
}

/** After the last fault: what takes longer is stuck. */
const QUIET_WITHIN_MS = 60_000;
/** Idle connections are kept for a minute. */
const LET_GO_WITHIN_MS = 90_000;
const ORDERS_FOR_EACH_BUYER = 60;
const BUYERS_MIN = 6;
const WARM_UP_SHARE = 0.1;

/** Brings up an installation, has buyers order while everything dies, and answers what came of it. Nothing is left running. */
export async function storm({ seed, orders, faults, root, dir, signal, say }: StormOptions): Promise<Report> {
  await mkdir(dir, { recursive: true });
  const beganMs = Date.now();
  const tell = (line: string) => say(`${((Date.now() - beganMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  const given = new AbortController();
  const world = await startWorld({ dir: join(dir, 'world'), root, signal, onNote: tell });
  void world.givenUp.then((reason) => given.abort(reason));
  try {
    const report = await weather(world, { seed, orders, faults, dir, signal: AbortSignal.any([signal, given.signal]), tell });
    return { ...report, seed, tookMs: Date.now() - beganMs };
  } finally {
    await world.stop();
  }
}

interface Weather extends Pick<StormOptions, 'seed' | 'orders' | 'faults' | 'dir' | 'signal'> {
  tell(line: string): void;
}

async function weather(world: World, { seed, orders, faults, dir, signal, tell }: Weather): Promise<Omit<Report, 'seed' | 'tookMs'>> {
  const prng = createPrng(seed);
  const plan = planFaults(prng.fork(), faults);
  const topics = await openTopics(world.stack.env()['KAFKA_BROKERS']!);
  const history = createHistory(join(dir, 'history.jsonl'));
  const findings = createFindings(({ invariant, what }) => tell(`VIOLATION of ${invariant}: ${what}`));
  await recordTransitions(world.databases);
  const clients = createClients({
    prng: prng.fork(),
    history,
    gatewayUrl: `http://${world.edges['clients to gateway'].address}`,
    serviceUrls: world.urls,
    buyers: Math.max(BUYERS_MIN, Math.round(orders / ORDERS_FOR_EACH_BUYER)),
    signal,
  });
  const watch = watchBooks(world.databases, findings.add);
  const quiet = () => untilQuiet(world, topics, { withinMs: QUIET_WITHIN_MS, signal });
  try {
    await clients.shop(Math.ceil(orders * WARM_UP_SHARE));
    await quiet();
    const start = await readHoldings(world);
    tell('it begins');

    const onFault = ({ kind, target }: Fault, phase: string) => tell(`${kind} of ${target} ${phase}, after ${clients.orders()} orders`);
    const healed = unleash({ world, clients, topics, signal, plan, orders, onFault }).then(() => Date.now());
    await Promise.all([clients.shop(orders), healed]);
    tell('all is healed');
    await clients.insist();
    const { unrest } = await quiet();
    const quietMs = Date.now() - (await healed);
    if (unrest.length > 0 || quietMs > QUIET_WITHIN_MS)
      findings.add([{ invariant: 'I8', what: `not quiet ${quietMs} ms after the last fault: ${unrest.join(', ')}` }]);
    tell(`quiet after ${quietMs} ms`);
    await watch.close();

    const books = await prove({ world, topics, clients, history, faults, signal, onFound: findings.add, say: tell });
    const end = await untilLetGo(world, start, { withinMs: LET_GO_WITHIN_MS, signal });
    findings.add(brokenHoldings(start, end));
    return {
      faults: plan,
      failpoints: { hit: hitFailpoints(world.failpointsDir), all: failpoints.length },
      books,
      requests: history.exchanges.length,
      unknown: history.exchanges.filter((each) => verdictOf(each) === 'unknown').length,
      looks: watch.looks(),
      restarts: roleNames.reduce((sum, role) => sum + world.roles.restarts(role), 0),
      quietMs,
      holdings: { start, end },
      violations: findings.all,
    };
  } finally {
    await watch.close();
    await clients.close();
    await history.close();
    await topics.close();
  }
}
