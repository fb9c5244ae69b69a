import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessName } from '../world/edges.ts';
import { victimOf, type Fault } from './faults.ts';
import { createInjectors } from './injectors.ts';
import type { NemesisPorts } from './ports.ts';

export interface NemesisOptions extends NemesisPorts {
  plan: readonly Fault[];
  orders: number;
  onFault(fault: Fault, phase: 'starts' | 'is over'): void;
}

const CHECK_EVERY_MS = 50;
const CONCURRENT_FAULTS_MAX = 4;
/** Below the number of deaths at which the launcher gives up restarting a server. */
const DEATHS_MAX = 3;
const DEATHS_WITHIN_MS = 65_000;

/** Injects all planned faults, several at a time, and resolves when the last one is over. */
export async function runNemesis({ plan, orders, onFault, ...ports }: NemesisOptions): Promise<void> {
  const injectors = createInjectors();
  const tryKill = createDeathLimit();
  const active = new Set<Promise<void>>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});

  for (const fault of plan) {
    const isDue = () =>
      ports.clients.orders() >= fault.startsAt * orders &&
      active.size < CONCURRENT_FAULTS_MAX &&
      tryKill(victimOf(fault));
    while (!isDue()) await Promise.race([sleep(CHECK_EVERY_MS, undefined, { signal: ports.signal }), failure.promise]);
    onFault(fault, 'starts');
    const running = injectors[fault.kind](fault, ports).then(() => onFault(fault, 'is over'));
    active.add(running);
    running.catch(failure.reject).finally(() => active.delete(running));
  }
  await Promise.race([Promise.all(active), failure.promise]);
}

/** The returned function counts a death and returns true, or returns false if the process died too often recently. */
function createDeathLimit(): (victim: ProcessName | undefined) => boolean {
  const deaths = new Map<ProcessName, number[]>();
  return (victim) => {
    if (victim === undefined) return true;
    const recent = (deaths.get(victim) ?? []).filter((at) => at > Date.now() - DEATHS_WITHIN_MS);
    if (recent.length >= DEATHS_MAX) return false;
    deaths.set(victim, [...recent, Date.now()]);
    return true;
  };
}
