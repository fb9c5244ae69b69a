/**
 * Lets a storm go over an installation of its own: buyers order while processes are killed and paused, connections are spoilt and messages
 * come again, and then everything is compared with everything. `npm run storm -- --seed 7 --orders 2000 --faults 60`. Ends with 0 when all
 * invariants hold, with 1 when one does not, with 2 when it could not be run.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interruption } from '../../local/interruption.ts';
import { readArguments, USAGE, type Asked } from './arguments.ts';
import { createMutant } from './mutants/mutants.ts';
import { toText } from './report.ts';
import { storm } from './storm.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const say = (line: string) => void process.stdout.write(`${line}\n`);

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const signal = interruption(process.env);
  try {
    return await run(readArguments(words), signal);
  } catch (error) {
    process.stderr.write(signal.aborted ? 'Interrupted.\n' : `${(error as Error).stack}\n${USAGE}\n`);
    return 2;
  }
}

async function run({ seed, orders, faults, mutant }: Asked, signal: AbortSignal): Promise<number> {
  say(`seed ${seed}, ${orders} orders, ${faults} faults${mutant ? `, with the mutant ${mutant}` : ''}`);
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-storm-'));
  const root = mutant ? await createMutant(mutant, join(dir, 'mutant')) : ROOT;
  const report = await storm({ seeds: [seed], orders, faults, root, dir, signal, say, stopsAtFirst: mutant !== undefined });
  say(toText(report));
  const holds = report.violations.length === 0;
  if (holds) await rm(dir, { recursive: true, force: true });
  else say(`What the clients saw, and the evidence: ${dir}`);
  return holds ? 0 : 1;
}
