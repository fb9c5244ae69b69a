/**
 * Runs a storm: buyers order while processes are killed and paused, connections break and messages are redelivered;
 * then all data is checked. `npm run storm -- --seed 7 --orders 2000 --faults 60`. The exit code is 0 if all invariants
 * hold, 1 if one is violated, and 2 if the storm could not run. With `--mutant NAME`, the storm runs on a deliberately
 * broken copy; then 1 means that an invariant which must catch the defect was violated, and 0 that none was.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitWhenDone } from '../../lib/exit-when-done.ts';
import { interruption } from '../../local/supervise/interruption.ts';
import { readArguments, USAGE, type StormArguments } from './arguments.ts';
import { createMutant } from './mutants/mutants.ts';
import { toText } from './report.ts';
import { storm } from './storm.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Generous, because a mutant must not count as caught only because the machine is slow. */
const MUTANT_QUIET_WITHIN_MS = 180_000;
const print = (line: string) => void process.stdout.write(`${line}\n`);

exitWhenDone();
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let options: StormArguments;
  try {
    options = readArguments(words);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  const signal = interruption(process.env);
  try {
    return await run(options, signal);
  } catch (error) {
    process.stderr.write(signal.aborted ? 'Interrupted.\n' : `${(error as Error).stack}\n`);
    return 2;
  }
}

async function run({ seed, orders, faults, mutant }: StormArguments, signal: AbortSignal): Promise<number> {
  print(`seed ${seed}, ${orders} orders, ${faults} faults${mutant ? `, with the mutant ${mutant.name}` : ''}`);
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-storm-'));
  const root = mutant ? await createMutant(mutant.name, join(dir, 'mutant')) : ROOT;
  const report = await storm({
    seeds: [seed],
    orders,
    faults,
    root,
    dir,
    signal,
    print,
    ...(mutant && { stopsAt: mutant.caughtBy, quietWithinMs: MUTANT_QUIET_WITHIN_MS }),
  });
  print(toText(report));
  const violated = report.violations.map(({ invariant }) => invariant);
  const caughtBy = mutant && violated.find((invariant) => mutant.caughtBy.includes(invariant));
  // Other violations may have nothing to do with the mutation.
  if (mutant)
    print(
      caughtBy
        ? `${mutant.name} is caught by ${caughtBy}`
        : `${mutant.name} is NOT caught by ${mutant.caughtBy.join(', ')}`,
    );
  const found = mutant ? caughtBy !== undefined : violated.length > 0;
  if (!found) await rm(dir, { recursive: true, force: true });
  else print(`The history and the evidence are kept in ${dir}`);
  return found ? 1 : 0;
}
