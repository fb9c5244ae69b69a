/**
 * Lets a storm go over an installation of its own: buyers order while processes are killed and paused, connections are spoilt and messages
 * come again, and then everything is compared with everything. `npm run storm -- --seed 7 --orders 2000 --faults 60`. Ends with 0 when all
 * invariants hold, with 1 when one does not, with 2 when it could not be run.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interruption } from '../../local/interruption.ts';
import { readArguments, USAGE, type Asked } from './arguments.ts';
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

async function run({ seed, orders, faults }: Asked, signal: AbortSignal): Promise<number> {
  say(`seed ${seed}, ${orders} orders, ${faults} faults`);
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-storm-'));
  const report = await storm({ seed, orders, faults, root: ROOT, dir, signal, say });
  say(toText(report));
  say(`history: ${join(dir, 'history.jsonl')}`);
  return report.violations.length > 0 ? 1 : 0;
}
