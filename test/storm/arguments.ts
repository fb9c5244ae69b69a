import { parseArgs } from 'node:util';
import type { Mutant } from './mutants/mutant.ts';
import { mutantOf } from './mutants/mutants.ts';

export const USAGE = 'Usage: npm run storm -- [--seed N] [--orders N] [--faults N] [--mutant NAME]';

export interface StormArguments {
  seed: number;
  orders: number;
  faults: number;
  mutant: Mutant | undefined;
}

const SEEDS = 2 ** 31;

/** Parses the command line. Throws on unknown options and invalid values. */
export function readArguments(words: readonly string[]): StormArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...words], options: { seed: text, orders: text, faults: text, mutant: text } });
  return {
    seed: count(values.seed, Math.floor(Math.random() * SEEDS)),
    orders: count(values.orders, 2_000),
    faults: count(values.faults, 60),
    mutant: values.mutant === undefined ? undefined : mutantOf(values.mutant),
  };
}

function count(value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (!/^\d{1,10}$/.test(value)) throw new Error(`"${value}" is not a whole number of at most ten digits.`);
  return Number(value);
}
