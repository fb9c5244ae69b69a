import { violations, type Violation } from './checks/violation.ts';
import { createClients, type Clients } from './clients/clients.ts';
import type { History } from './clients/history.ts';
import type { Fault } from './nemesis/faults.ts';
import { runNemesis } from './nemesis/nemesis.ts';
import { planFaults } from './nemesis/plan.ts';
import type { Topics } from './nemesis/topics.ts';
import { createPrng } from './prng.ts';
import { untilQuiet } from './quiescence.ts';
import type { World } from './world/world.ts';

export interface WaveOptions {
  world: World;
  topics: Topics;
  history: History;
  seed: number;
  orders: number;
  faults: number;
  quietWithinMs: number;
  signal: AbortSignal;
  onFound(found: readonly Violation[]): void;
  print(line: string): void;
}

/** The faults and buyers that one seed decides. */
export interface Wave {
  plan: readonly Fault[];
  clients: Clients;
  /** Places orders without faults, so that connections exist before resources are first counted. */
  warmUp(): Promise<void>;
  /** Runs buyers and faults. Returns the milliseconds from the last fault and order to quiescence. */
  run(): Promise<number>;
}

const STUCK_FOR_GOOD_MS = 300_000;
const ORDERS_FOR_EACH_BUYER = 60;
const BUYERS_MIN = 6;
const WARM_UP_SHARE = 0.1;

export function createWave({
  world,
  topics,
  history,
  seed,
  orders,
  faults,
  quietWithinMs,
  signal,
  onFound,
  print,
}: WaveOptions): Wave {
  const prng = createPrng(seed);
  const plan = planFaults(prng.fork(), faults);
  const clients = createClients({
    prng: prng.fork(),
    history,
    gatewayUrl: `http://${world.edges['clients to gateway'].address}`,
    serviceUrls: world.urls,
    buyerCount: Math.max(BUYERS_MIN, Math.round(orders / ORDERS_FOR_EACH_BUYER)),
    signal,
  });
  const onFault = ({ kind, target }: Fault, phase: string) =>
    print(`${kind} of ${target} ${phase}, after ${clients.orders()} orders`);
  return {
    plan,
    clients,
    async warmUp() {
      await clients.shop(Math.ceil(orders * WARM_UP_SHARE));
      await untilQuiet(world, topics, { withinMs: quietWithinMs, signal });
    },
    async run() {
      const faultsOver = runNemesis({ world, clients, topics, signal, plan, orders, onFault, onFound });
      await Promise.all([clients.shop(orders), faultsOver]);
      const faultsOverMs = Date.now();
      print('all faults are over and all orders are placed');
      const open = await clients.resolvePending(quietWithinMs);
      onFound(
        violations(
          'I14',
          open,
          ({ operation, path, headers }) =>
            `${operation} of ${path} under ${headers['idempotency-key']} still has an unknown outcome`,
        ),
      );
      print(`${open.length} requests still have an unknown outcome`);
      const { pending } = await untilQuiet(world, topics, { withinMs: quietWithinMs, signal });
      const quietMs = Date.now() - faultsOverMs;
      print(`quiet after ${quietMs} ms`);
      const isStuck = pending.length > 0 || quietMs > quietWithinMs;
      if (isStuck)
        onFound([
          {
            invariant: 'I8',
            what: `not quiet ${quietMs} ms after the last fault: ${pending.join(', ') || 'quiet too late'}`,
          },
        ]);
      // The other checks need a quiescent system.
      if (pending.length > 0) await untilQuiet(world, topics, { withinMs: STUCK_FOR_GOOD_MS, signal });
      return quietMs;
    },
  };
}
