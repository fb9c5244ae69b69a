/**
 * Lets a storm go over an installation of its own: buyers order while processes are killed and paused, connections are spoilt and messages
 * come again, and then everything is compared with everything. `npm run storm -- --seed 7 --orders 2000 --faults 60`. Ends with 0 when all
 * invariants hold, with 1 when one does not, with 2 when it could not be run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitWhenDone } from '../../lib/exit-when-done.ts';
import { interruption } from '../../local/interruption.ts';
import { readArguments, USAGE, type Asked } from './arguments.ts';
import { createMutant } from './mutants/mutants.ts';
import { toText } from './report.ts';
import { storm } from './storm.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** That the machine is busy is not what is looked for in a mutant. */
const MUTANT_QUIET_WITHIN_MS = 180_000;
const say = (line: string) => void process.stdout.write(`${line}\n`);

exitWhenDone();
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  let asked: Asked;
  try {
    asked = readArguments(words);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    return 2;
  }
  const signal = interruption(process.env);
  try {
    return await run(asked, signal);
  } catch (error) {
    process.stderr.write(signal.aborted ? 'Interrupted.\n' : `${(error as Error).stack}\n`);
    return 2;
  }
}

async function run({ seed, orders, faults, mutant }: Asked, signal: AbortSignal): Promise<number> {
  say(`seed ${seed}, ${orders} orders, ${faults} faults${mutant ? `, with the mutant ${mutant.name}` : ''}`);
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-storm-'));
  const root = mutant ? await createMutant(mutant.name, join(dir, 'mutant')) : ROOT;
  const report = await storm({
    seeds: [seed],
    orders,
    faults,
    root,
    dir,
    signal,
    say,
    ...(mutant && { stopsAt: mutant.caughtBy, quietWithinMs: MUTANT_QUIET_WITHIN_MS }),
  });
  say(toText(report));
  const broken = report.violations.map(({ invariant }) => invariant);
  const caughtBy = mutant && broken.find((invariant) => mutant.caughtBy.includes(invariant));
  // What else was found of a mutant need not come from what is wrong with it.
  if (mutant)
    say(
      caughtBy
        ? `${mutant.name} is caught by ${caughtBy}`
        : `${mutant.name} is NOT caught by ${mutant.caughtBy.join(', ')}`,
    );
  const found = mutant ? caughtBy !== undefined : broken.length > 0;
  if (!found) await rm(dir, { recursive: true, force: true });
  else say(`What the clients saw, and the evidence: ${dir}`);
  return found ? 1 : 0;
}
