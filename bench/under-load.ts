import { createBareTarget, createStatementTarget } from './baselines/targets.ts';
import { createBuyer, createOrderTarget, type Responses } from './buyers.ts';
import { findFaults, untilAnnounced } from './correctness.ts';
import { startBaselines, type App, type Installation } from './installation.ts';
import { processTreeMb, residentMb } from './memory.ts';
import type { Report } from './report.ts';
import { CLIENTS, measure, type Extent } from './speed.ts';
import type { Target } from './target.ts';

const BARE_TASK_QUEUE = 'bare';
/** More than one, so that the figures do not include waits for a buyer's locks. */
const BUYERS_PER_CLIENT = 2;

export interface LoadOptions {
  dir: string;
  extent: Extent;
  signal: AbortSignal;
  say(line: string): void;
}

/** Measures apps with local and with regular activities, and baselines. They take turns on the same machine. */
export async function underLoad(
  installation: Installation,
  { dir, extent, signal, say }: LoadOptions,
): Promise<Pick<Report, 'speeds' | 'faults' | 'accepted' | 'memoryMb'>> {
  const responses: Responses = { accepted: new Set(), refused: new Map() };
  const { postgres, temporal } = installation.stack.servers;
  const untilIdle = () => untilAnnounced(postgres!.urls, responses);
  const local = installation.apps[0]!;
  const regular = await installation.startApp('regular');
  const baselines = await startBaselines(installation, { dir, taskQueue: BARE_TASK_QUEUE, signal });

  const { address } = temporal!;
  const targets = {
    local: await orderTarget(local, responses, untilIdle),
    bareLocal: createBareTarget({ address, taskQueue: BARE_TASK_QUEUE, mode: 'local' }),
    regular: await orderTarget(regular, responses, untilIdle),
    bareRegular: createBareTarget({ address, taskQueue: BARE_TASK_QUEUE, mode: 'regular' }),
    statement: createStatementTarget(baselines.url),
  };
  const speeds = await measure(targets, ['local', 'bareLocal', 'regular', 'bareRegular'], extent, { say, signal });
  const memory = await memoryOf(installation);
  say('waiting until all orders are final and announced');
  const faults = await findFaults(postgres!.urls, responses);
  await Promise.all(Object.values(targets).map((target) => target.close()));
  return { speeds, faults, accepted: responses.accepted.size, memoryMb: memory };
}

async function orderTarget({ url }: App, responses: Responses, untilIdle: () => Promise<void>): Promise<Target> {
  const createBuyers = () => Promise.all(Array.from({ length: BUYERS_PER_CLIENT }, () => createBuyer(url)));
  return createOrderTarget({
    url,
    buyers: await Promise.all(Array.from({ length: CLIENTS }, createBuyers)),
    responses,
    untilIdle,
  });
}

async function memoryOf({ apps, stack }: Installation): Promise<Array<[string, number]>> {
  const { postgres, kafka, temporal, mail } = stack.servers;
  return [
    ['the app, all roles', await residentMb(apps[0]!.server.pid)],
    ['Postgres, all processes', await processTreeMb(postgres!.pid)],
    ['Kafka', await residentMb(kafka!.pid)],
    ['Temporal', await residentMb(temporal!.pid)],
    ['mail inbox', await residentMb(mail!.pid)],
  ];
}
