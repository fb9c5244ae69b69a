import type { Tally } from './attacks.ts';
import type { Orders } from './shopper.ts';

/** What a buyer measured while one attacker was active. */
export interface Case {
  name: string;
  orders: Orders;
  /** Peak growth of the app's resident memory during the attack. */
  memoryMb: number;
  attacker: Tally;
}

/** A buyer beside an attacker may wait this many times as long as the slowest undisturbed order. */
const SLOWER_MAX = 3;
const MEMORY_MAX_MB = 200;

const slowest = ({ ms }: Orders): number => Math.max(...ms);
export const median = ({ ms }: Orders): number => ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)]!;

/** Lists the limits that the case exceeds. */
export function faultsOf({ orders, memoryMb }: Case, undisturbed: Orders): string[] {
  const limitMs = SLOWER_MAX * slowest(undisturbed);
  return [
    ...(slowest(orders) > limitMs ? [`slowest order above ${limitMs.toFixed(0)} ms`] : []),
    ...(memoryMb > MEMORY_MAX_MB ? [`memory above ${MEMORY_MAX_MB} MB`] : []),
  ];
}

/** One line for each case, with its verdict. */
export function reportOf(cases: readonly Case[], undisturbed: Orders): string {
  const lines = cases.map((each) => {
    const faults = faultsOf(each, undisturbed);
    return [
      `${faults.length === 0 ? 'ok  ' : 'FAIL'} ${each.name}: ${timesOf(each.orders)}, memory ${each.memoryMb > 0 ? '+' : ''}${each.memoryMb.toFixed(0)} MB`,
      `     attacker: ${wordsOf(each.attacker)}`,
      ...faults.map((fault) => `     ${fault}`),
    ].join('\n');
  });
  return [`     undisturbed: ${timesOf(undisturbed)}`, ...lines].join('\n');
}

const timesOf = (orders: Orders): string =>
  `${orders.ms.length} orders, median ${median(orders).toFixed(0)} ms, slowest ${slowest(orders).toFixed(0)} ms, errors: ${wordsOf(orders.errors)}`;

const wordsOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ') || 'none';
