import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../world/edges.ts';
import { createActs } from './acts.ts';
import { victimOf, type Fault } from './faults.ts';
import type { NemesisPorts } from './ports.ts';

export interface NemesisOptions extends NemesisPorts {
  plan: readonly Fault[];
  /** How many orders there will be: a fault begins when its share of them is made. */
  orders: number;
  onFault(fault: Fault, phase: 'begins' | 'is over'): void;
}

const LOOK_MS = 50;
const AT_ONCE_MAX = 4;
/** Below what the launcher takes for a server that cannot be kept running. */
const DEATHS_MAX = 3;
const DEATHS_WITHIN_MS = 65_000;

/** Lets everything happen that was planned, several things at once, and resolves when the last one is over. */
export async function unleash({ plan, orders, onFault, ...ports }: NemesisOptions): Promise<void> {
  const acts = createActs();
  const spared = createSpared();
  const under = new Set<Promise<void>>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});

  for (const fault of plan) {
    const isDue = () =>
      ports.clients.orders() >= fault.at * orders && under.size < AT_ONCE_MAX && !spared(victimOf(fault));
    while (!isDue()) await Promise.race([sleep(LOOK_MS, undefined, { signal: ports.signal }), failure.promise]);
    onFault(fault, 'begins');
    const act = acts[fault.kind](fault, ports).then(() => onFault(fault, 'is over'));
    under.add(act);
    act.catch(failure.reject).finally(() => under.delete(act));
  }
  await Promise.race([Promise.all(under), failure.promise]);
}

/** Whether somebody has died so often lately that they are left in peace for now; if not, they are taken to die now. */
function createSpared(): (victim: Place | undefined) => boolean {
  const deaths = new Map<Place, number[]>();
  return (victim) => {
    if (victim === undefined) return false;
    const lately = (deaths.get(victim) ?? []).filter((at) => at > Date.now() - DEATHS_WITHIN_MS);
    if (lately.length >= DEATHS_MAX) return true;
    deaths.set(victim, [...lately, Date.now()]);
    return false;
  };
}
