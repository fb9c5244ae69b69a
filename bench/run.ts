/**
 * Measures the speed of orders on temporary servers: `npm run bench`. `--quick` takes less than two minutes. `--cold`
 * downloads every server again into an empty cache, to measure a first start.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitWhenDone } from '../lib/exit-when-done.ts';
import { keepFilesPrivate } from '../local/launch/private.ts';
import { interruption } from '../local/supervise/interruption.ts';
import { SetupError } from '../local/setup-error.ts';
import { install, removeInstallation, type Installation } from './installation.ts';
import { reportOf } from './report.ts';
import type { Extent } from './speed.ts';
import { underLoad } from './under-load.ts';

const USAGE = 'Usage: npm run bench [-- [--quick] [--cold]]';
const DIR = join(import.meta.dirname, '..', '.local', 'bench');
const extents: Record<'quick' | 'long', Extent> = {
  quick: { rounds: 3, warmUp: { times: 20, ms: 1_500 }, oneClient: { times: 40, ms: 4_000 }, manyClientsMs: 2_000 },
  long: { rounds: 8, warmUp: { times: 100, ms: 5_000 }, oneClient: { times: 150, ms: 15_000 }, manyClientsMs: 10_000 },
};

const signal = interruption(process.env);
const say = (line: string) => void process.stderr.write(`# ${line}\n`);

exitWhenDone();
keepFilesPrivate();
try {
  process.exitCode = await main(new Set(process.argv.slice(2)));
} catch (error) {
  if (!signal.aborted)
    process.stderr.write(error instanceof SetupError ? `${error.message}\n` : `${(error as Error).stack}\n`);
  process.exitCode = 1;
}

async function main(args: ReadonlySet<string>): Promise<number> {
  if ([...args].some((arg) => arg !== '--quick' && arg !== '--cold')) throw new SetupError(USAGE);
  const extent = args.has('--quick') ? extents.quick : extents.long;
  if (!args.has('--cold')) return bench(extent, 'warm cache, no data');

  const cache = await mkdtemp(join(tmpdir(), 'order-saga-cache-'));
  process.env['XDG_CACHE_HOME'] = cache;
  try {
    return await bench(extent, 'empty cache, no data');
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** Returns the exit code: 1 if the measurements are void. */
async function bench(extent: Extent, firstStart: string): Promise<number> {
  const startedMs = performance.now();
  const [load] = loadavg() as [number, number, number];
  const first = await install({ dir: DIR, fresh: true, signal }, say);
  try {
    const measured = await stoppingAfter(first, () => underLoad(first, { dir: DIR, extent, signal, say }));
    say('starting again on the data of the first start');
    const second = await install({ dir: DIR, fresh: false, signal }, say);
    await second.stop();

    const starts = [
      [firstStart, first.readyMs],
      ['warm cache, data of an earlier start', second.readyMs],
    ] as const;
    const machine = { cores: availableParallelism(), load };
    process.stdout.write(
      `${reportOf({ ...measured, starts, machine, seconds: (performance.now() - startedMs) / 1000 })}\n`,
    );
    return measured.faults.length === 0 ? 0 : 1;
  } finally {
    await removeInstallation(DIR);
  }
}

async function stoppingAfter<T>(installation: Installation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await installation.stop();
  }
}
