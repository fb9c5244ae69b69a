import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Env } from '../../lib/config.ts';
import { requirePort, type PortNeed } from '../servers/ports.ts';
import { removeRelocatedCluster } from '../servers/postgres/cluster.ts';
import { createKeptServers, type KeptServers } from '../supervise/kept-servers.ts';
import { lockFolder } from '../supervise/lock.ts';
import { waitForPredecessor } from '../supervise/server.ts';
import { hideFromOthers } from './private.ts';
import { serviceKeys } from './service-keys.ts';
import { fixedPorts, readSettings } from './settings.ts';
import { stackEnv, type Servers } from './stack-env.ts';
import { stackSteps, type Step } from './stack-steps.ts';

export interface StackOptions {
  /** For all data; created if absent. */
  dir: string;
  /** May set ports and the user's own servers. */
  env: Env;
  /** Empties the folder first. */
  fresh?: boolean | undefined;
  /** Faster, but a power cut may lose data: for tests. */
  throwAway?: boolean | undefined;
  otherPorts?: PortNeed[] | undefined;
  /** For tests on a server with other defaults. */
  postgresSettings?: Record<string, string> | undefined;
  /** Aborts the start and all restarts. */
  signal?: AbortSignal | undefined;
  /** Gets one line per death and restart of a server. */
  onNote?(line: string): void;
}

export interface Stack {
  steps: Step[];
  /** The running servers. A restart replaces the server here. */
  readonly servers: Servers;
  /** Complete after all steps. */
  env(): Record<string, string>;
  /** Resolves with the reason when a server cannot be kept running. */
  readonly failure: Promise<Error>;
  /** Also stops servers that are still starting. */
  stop(): Promise<void>;
}

const SERVERS = ['postgres', 'kafka', 'temporal', 'mail'];

/** Locks the data folder and returns the steps, which start the servers. */
export async function prepareStack(options: StackOptions): Promise<Stack> {
  const { env, throwAway = false, onNote = () => {} } = options;
  const settings = readSettings(env);
  const dir = resolve(options.dir);
  // Checked at the last moment: if the user has interrupted the start by then, nothing is deleted.
  const isFresh = () => options.fresh === true && !options.signal?.aborted;
  const { keys, unlock } = await claimFolder(dir, [...fixedPorts(settings), ...(options.otherPorts ?? [])], isFresh);
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, ...(options.signal ? [options.signal] : [])]);
  const kept = createKeptServers({ signal, onNote });
  const servers = liveServers(kept);
  const { steps, settled } = tracked(
    stackSteps({ dir, env, settings, throwAway, postgresSettings: options.postgresSettings, signal, keep: kept.keep }),
  );
  return {
    steps,
    servers,
    env: () => stackEnv({ servers, env, keys, throwAway }),
    failure: kept.failure,
    async stop() {
      closing.abort();
      await settled();
      await kept.stop();
      await unlock();
    },
  };
}

/** `settled` waits for all steps that were started. */
function tracked(steps: Step[]): { steps: Step[]; settled: () => Promise<unknown> } {
  const started: Array<Promise<unknown>> = [];
  const run = (step: Step) => (onProgress: (text: string) => void) => {
    const running = step.run(onProgress);
    started.push(running);
    return running;
  };
  return {
    steps: steps.map((step) => ({ title: step.title, run: run(step) })),
    settled: () => Promise.allSettled(started),
  };
}

/** Starts a whole stack. If a step fails, nothing is left running. */
export async function startStack(options: StackOptions & { onStep?(line: string): void }): Promise<Stack> {
  const { onStep = () => {} } = options;
  const stack = await prepareStack(options);
  try {
    await Promise.all(
      stack.steps.map(async ({ title, run }) => {
        const result = await run((text) => onStep(`${title}: ${text}`));
        if (result) onStep(`${title}: ${result}`);
      }),
    );
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

function liveServers({ current }: KeptServers): Servers {
  return Object.defineProperties(
    {},
    Object.fromEntries(SERVERS.map((name) => [name, { enumerable: true, get: () => current(name) }])),
  );
}

async function claimFolder(
  dir: string,
  ports: PortNeed[],
  isFresh: () => boolean,
): Promise<{ keys: Record<string, string>; unlock: () => Promise<void> }> {
  const unlock = await lockFolder(dir);
  try {
    // Servers of a killed launcher must first release their ports and files.
    await Promise.all([
      waitForPredecessor('app', dir),
      ...SERVERS.map((name) => waitForPredecessor(name, join(dir, name))),
    ]);
    await hideFromOthers(dir);
    for (const need of ports) await requirePort(need);
    if (isFresh()) await empty(dir);
    return { keys: await serviceKeys(dir), unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function empty(dir: string): Promise<void> {
  await removeRelocatedCluster(join(dir, 'postgres'));
  const all = await readdir(dir);
  await Promise.all(
    all.filter((name) => name !== 'lock').map((name) => rm(join(dir, name), { recursive: true, force: true })),
  );
}
