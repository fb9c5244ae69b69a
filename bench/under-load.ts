import { createBareTarget, createStatementTarget } from './baselines/targets.ts';
import { createBuyer, createOrderTarget, type Ledger } from './buyers.ts';
import { faultsOf, untilQuiet } from './correctness.ts';
import { startBaselines, type App, type Installation } from './installation.ts';
import { familyMb, residentMb } from './memory.ts';
import type { Report } from './report.ts';
import { CLIENTS, measure, type Extent } from './speed.ts';
import type { Target } from './target.ts';

const BARE_TASK_QUEUE = 'bare';
/** So that one buyer's limits and locks are not what is measured. */
const BUYERS_PER_CLIENT = 2;

export interface LoadOptions {
  dir: string;
  extent: Extent;
  signal: AbortSignal;
  say(line: string): void;
}

/**
 * Places orders, at an app whose steps run locally and at one whose steps do not, and beside them what each is compared with. Both apps
 * run all the time and take turns, as do the baselines, so that the same machine in the same state is what all of them had.
 */
export async function underLoad(
  installation: Installation,
  { dir, extent, signal, say }: LoadOptions,
): Promise<Pick<Report, 'speeds' | 'faults' | 'accepted' | 'memoryMb'>> {
  const ledger: Ledger = { accepted: new Set(), refused: new Map() };
  const { postgres, temporal } = installation.stack.servers;
  const rest = () => untilQuiet(postgres!.urls, ledger);
  const local = installation.apps[0]!;
  const regular = await installation.startApp('regular');
  const baselines = await startBaselines(installation, { dir, taskQueue: BARE_TASK_QUEUE, signal });

  const { address } = temporal!;
  const targets = {
    local: await orderTarget(local, ledger, rest),
    bareLocal: createBareTarget({ address, taskQueue: BARE_TASK_QUEUE, mode: 'local' }),
    regular: await orderTarget(regular, ledger, rest),
    bareRegular: createBareTarget({ address, taskQueue: BARE_TASK_QUEUE, mode: 'regular' }),
    statement: createStatementTarget(baselines.url),
  };
  const speeds = await measure(targets, ['local', 'bareLocal', 'regular', 'bareRegular'], extent, { say, signal });
  const memory = await memoryOf(installation);
  say('waiting for every order to end and to be announced');
  const faults = await faultsOf(postgres!.urls, ledger);
  await Promise.all(Object.values(targets).map((target) => target.close()));
  return { speeds, faults, accepted: ledger.accepted.size, memoryMb: memory };
}

async function orderTarget({ url }: App, ledger: Ledger, rest: () => Promise<void>): Promise<Target> {
  const some = () => Promise.all(Array.from({ length: BUYERS_PER_CLIENT }, () => createBuyer(url)));
  return createOrderTarget({ url, buyers: await Promise.all(Array.from({ length: CLIENTS }, some)), ledger, rest });
}

async function memoryOf({ apps, stack }: Installation): Promise<Array<[string, number]>> {
  const { postgres, kafka, temporal, mail } = stack.servers;
  return [
    ['the app, all roles', await residentMb(apps[0]!.server.pid)],
    ['Postgres, all processes', await familyMb(postgres!.pid)],
    ['Kafka', await residentMb(kafka!.pid)],
    ['Temporal', await residentMb(temporal!.pid)],
    ['mail inbox', await residentMb(mail!.pid)],
  ];
}
