import { violations, type Violation } from './checks/violation.ts';
import { createClients, type Clients } from './clients/clients.ts';
import type { History } from './clients/history.ts';
import type { Fault } from './nemesis/faults.ts';
import { unleash } from './nemesis/nemesis.ts';
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
  say(line: string): void;
}

/** All that one seed decides. */
export interface Wave {
  plan: readonly Fault[];
  clients: Clients;
  /** Before anything happens: some orders, so that everything has been used once. */
  warmUp(): Promise<void>;
  /** Buyers order while everything dies. Answers how long after the last fault and the last order nothing was under way any more. */
  break(): Promise<number>;
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
  say,
}: WaveOptions): Wave {
  const prng = createPrng(seed);
  const plan = planFaults(prng.fork(), faults);
  const clients = createClients({
    prng: prng.fork(),
    history,
    gatewayUrl: `http://${world.edges['clients to gateway'].address}`,
    serviceUrls: world.urls,
    buyers: Math.max(BUYERS_MIN, Math.round(orders / ORDERS_FOR_EACH_BUYER)),
    signal,
  });
  const onFault = ({ kind, target }: Fault, phase: string) =>
    say(`${kind} of ${target} ${phase}, after ${clients.orders()} orders`);
  return {
    plan,
    clients,
    async warmUp() {
      await clients.shop(Math.ceil(orders * WARM_UP_SHARE));
      await untilQuiet(world, topics, { withinMs: quietWithinMs, signal });
    },
    async break() {
      const healed = unleash({ world, clients, topics, signal, plan, orders, onFault, onFound });
      await Promise.all([clients.shop(orders), healed]);
      const calmMs = Date.now();
      say('all is healed, and all orders are placed');
      const open = await clients.insist(quietWithinMs);
      onFound(
        violations(
          'I14',
          open,
          ({ operation, path, headers }) =>
            `${operation} of ${path} under ${headers['idempotency-key']} is not answered for certain`,
        ),
      );
      say(`${open.length} requests are left of which nothing is known`);
      const { unrest } = await untilQuiet(world, topics, { withinMs: quietWithinMs, signal });
      const quietMs = Date.now() - calmMs;
      say(`quiet after ${quietMs} ms`);
      const isStuck = unrest.length > 0 || quietMs > quietWithinMs;
      if (isStuck)
        onFound([
          {
            invariant: 'I8',
            what: `not quiet ${quietMs} ms after the last fault: ${unrest.join(', ') || 'until then'}`,
          },
        ]);
      // What is late is not lost: the rest can only be judged once it is over.
      if (unrest.length > 0) await untilQuiet(world, topics, { withinMs: STUCK_FOR_GOOD_MS, signal });
      return quietMs;
    },
  };
}
