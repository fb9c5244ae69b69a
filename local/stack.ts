import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Env } from '../lib/config.ts';
import { createKeptServers } from './kept-servers.ts';
import type { KeptServers } from './kept-servers.ts';
import { lockFolder } from './lock.ts';
import { insistOnPort } from './ports.ts';
import type { PortNeed } from './ports.ts';
import { removeOutliers } from './postgres-cluster.ts';
import { untilVacant } from './server.ts';
import { serviceKeys } from './service-keys.ts';
import { fixedPorts, readSettings } from './settings.ts';
import { stackEnv } from './stack-env.ts';
import type { Servers } from './stack-env.ts';
import { stackSteps } from './stack-steps.ts';
import type { Step } from './stack-steps.ts';

export interface StackOptions {
  /** All data of the stack; made when absent. */
  dir: string;
  /** Which servers are one's own, and which ports are fixed. */
  env: Env;
  /** Empties the folder first. */
  fresh?: boolean | undefined;
  /** For data that a test throws away: faster, and not safe from a power cut. */
  throwAway?: boolean | undefined;
  /** Ports that others will want, checked before anything is begun. */
  otherPorts?: PortNeed[] | undefined;
  /** Ends a start that is no longer wanted, and all restarts. */
  signal?: AbortSignal | undefined;
  /** Told in one line when a server died and when it is back. */
  onNote?(line: string): void;
}

export interface Stack {
  steps: Step[];
  /** Each as it runs now: after a restart it is another process. */
  readonly servers: Servers;
  /** The app's variables; complete once all steps are done. */
  env(): Record<string, string>;
  /** Settles with the reason when a server cannot be kept running. */
  readonly givenUp: Promise<Error>;
  /** Ends all servers, also those that are still being started. */
  stop(): Promise<void>;
}

/** Each server has its folder under the name by which it is known. */
const FOLDERS = ['postgres', 'kafka', 'temporal', 'mail'];

/** Locks the data folder and answers what has to be done to have a stack on it. */
export async function prepareStack(options: StackOptions): Promise<Stack> {
  const { env, throwAway = false, onNote = () => {} } = options;
  const settings = readSettings(env);
  const dir = resolve(options.dir);
  // Who has interrupted it meanwhile wants nothing thrown away any more.
  const isFresh = () => options.fresh === true && !options.signal?.aborted;
  const { keys, unlock } = await takeFolder(dir, [...fixedPorts(settings), ...(options.otherPorts ?? [])], isFresh);
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, ...(options.signal ? [options.signal] : [])]);
  const kept = createKeptServers({ signal, onNote });
  const servers = liveServers(kept);
  const { steps, settled } = observed(stackSteps({ dir, env, settings, throwAway, signal, keep: kept.keep }));
  return {
    steps,
    servers,
    env: () => stackEnv({ servers, env, keys, throwAway }),
    givenUp: kept.givenUp,
    async stop() {
      closing.abort();
      await settled();
      await kept.stop();
      await unlock();
    },
  };
}

/** The same steps, and how to wait until none that was begun still runs. */
function observed(steps: Step[]): { steps: Step[]; settled: () => Promise<unknown> } {
  const begun: Array<Promise<unknown>> = [];
  const run = (step: Step) => (say: (text: string) => void) => {
    const running = step.run(say);
    begun.push(running);
    return running;
  };
  return {
    steps: steps.map((step) => ({ title: step.title, run: run(step) })),
    settled: () => Promise.allSettled(begun),
  };
}

/** Prepares a stack and does all of it at once. When a step fails, nothing is left running. */
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
    Object.fromEntries(FOLDERS.map((name) => [name, { enumerable: true, get: () => current(name) }])),
  );
}

async function takeFolder(
  dir: string,
  ports: PortNeed[],
  isFresh: () => boolean,
): Promise<{ keys: Record<string, string>; unlock: () => Promise<void> }> {
  const unlock = await lockFolder(dir);
  try {
    // What a killed launcher has left first gives back its ports and its files.
    await Promise.all([untilVacant('app', dir), ...FOLDERS.map((name) => untilVacant(name, join(dir, name)))]);
    for (const need of ports) await insistOnPort(need);
    if (isFresh()) await empty(dir);
    return { keys: await serviceKeys(dir), unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** All but the lock. */
async function empty(dir: string): Promise<void> {
  await removeOutliers(join(dir, 'postgres'));
  const all = await readdir(dir);
  await Promise.all(
    all.filter((name) => name !== 'lock').map((name) => rm(join(dir, name), { recursive: true, force: true })),
  );
}
