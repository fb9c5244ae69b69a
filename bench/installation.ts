import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import { startApp } from '../local/app.ts';
import { removeOutliers } from '../local/postgres-cluster.ts';
import { applyMigrations, createMissingTopics } from '../local/preparation.ts';
import { startServer, type Server } from '../local/server.ts';
import { startStack, type Stack } from '../local/stack.ts';
import type { Mode } from './target.ts';

export interface App {
  url: string;
  server: Server;
}

export interface Installation {
  stack: Stack;
  /** From nothing running to an app that says it is ready. */
  readyMs: number;
  /** Starts an app beside those that run, with a task queue of its own. */
  startApp(mode: Mode): Promise<App>;
  /** All processes beside the servers, the first app first. */
  apps: App[];
  /** Ends all of it; the data stays. */
  stop(): Promise<void>;
}

interface Place {
  dir: string;
  fresh: boolean;
  signal: AbortSignal;
}

const ROOT = join(import.meta.dirname, '..');
/** A buyer's limit on writes is counted as always, and never met: on a fast machine it would be what is measured. */
const UNLIMITED = { WRITES_BURST: '1000000', WRITES_PER_SECOND: '1000000' };
const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;

/** Brings everything up as the launcher does: durable servers with their data in files, then an app with all roles. */
export async function install({ dir, fresh, signal }: Place, say: (line: string) => void): Promise<Installation> {
  const startedMs = performance.now();
  const stack = await startStack({ dir, env: {}, fresh, signal, onStep: say });
  const apps: App[] = [];
  const stop = async () => {
    await Promise.all(apps.map(({ server }) => server.stop()));
    await stack.stop();
  };
  const another = async (mode: Mode): Promise<App> => {
    const port = await getPort({ host: '127.0.0.1' });
    const url = `http://127.0.0.1:${port}`;
    const own = {
      HOST: '127.0.0.1',
      PORT: String(port),
      CHARGE_ACTIVITY: mode,
      TEMPORAL_TASK_QUEUE: `orders-${mode}`,
      ...UNLIMITED,
    };
    const appDir = join(dir, `app-${mode}`);
    await mkdir(appDir, { recursive: true });
    const app = {
      url,
      server: await startApp({ dir: appDir, env: { PATH: process.env['PATH'], ...stack.env(), ...own }, url, signal }),
    };
    apps.push(app);
    return app;
  };
  try {
    await Promise.all([applyMigrations(stack.env()), createMissingTopics(stack.env())]);
    await another('local');
    return { stack, apps, startApp: another, stop, readyMs: performance.now() - startedMs };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The process that ours is compared with. */
export async function startBaselines(
  { stack, apps }: Installation,
  { dir, taskQueue, signal }: { dir: string; taskQueue: string; signal: AbortSignal },
): Promise<App> {
  const port = await getPort({ host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const baselinesDir = join(dir, 'baselines');
  const server = await startServer({
    name: 'baselines',
    dataDir: baselinesDir,
    file: process.execPath,
    args: ['bench/baselines/process.ts'],
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATABASE_URL: stack.servers.postgres!.adminUrl,
      TEMPORAL_ADDRESS: stack.servers.temporal!.address,
      TASK_QUEUE: taskQueue,
    },
    cwd: ROOT,
    stopSignal: 'SIGTERM',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    answers: async () => void (await (await fetch(url)).arrayBuffer()),
    signal,
  });
  apps.push({ url, server });
  return { url, server };
}

/** Removes all that an installation has left. */
export async function removeInstallation(dir: string): Promise<void> {
  await removeOutliers(join(dir, 'postgres'));
  await rm(dir, { recursive: true, force: true });
}
