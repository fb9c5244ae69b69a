import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import getPort from 'get-port';
import { startApp } from '../local/launch/app.ts';
import { removeRelocatedCluster } from '../local/servers/postgres/cluster.ts';
import { applyMigrations, createMissingTopics } from '../local/launch/preparation.ts';
import { startServer, type Server } from '../local/supervise/server.ts';
import { startStack, type Stack } from '../local/launch/stack.ts';
import type { Mode } from './target.ts';

export interface App {
  url: string;
  server: Server;
}

export interface Installation {
  stack: Stack;
  /** Time from nothing running to a ready app. */
  readyMs: number;
  /** Starts another app, with its own task queue. */
  startApp(mode: Mode): Promise<App>;
  /** All processes except the servers; the first app comes first. */
  apps: App[];
  stop(): Promise<void>;
}

interface Place {
  dir: string;
  fresh: boolean;
  signal: AbortSignal;
}

const ROOT = join(import.meta.dirname, '..');
/** So high that no write is refused: otherwise a fast machine would measure the limit. Writes are still counted. */
const UNLIMITED = Object.fromEntries(
  ['WRITES_BURST', 'WRITES_PER_SECOND', 'LOGINS_PER_ADDRESS', 'MAILS_PER_ADDRESS_AND_HOUR'].map((name) => [
    name,
    '1000000',
  ]),
);
const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;

/** Starts everything as `npm start` does. */
export async function install({ dir, fresh, signal }: Place, say: (line: string) => void): Promise<Installation> {
  const startedMs = performance.now();
  const stack = await startStack({ dir, env: {}, fresh, signal, onStep: say });
  const apps: App[] = [];
  const stop = async () => {
    await Promise.all(apps.map(({ server }) => server.stop()));
    await stack.stop();
  };
  const startAnother = async (mode: Mode): Promise<App> => {
    const port = await getPort({ host: '127.0.0.1' });
    const url = `http://127.0.0.1:${port}`;
    const own = {
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
    await startAnother('local');
    return { stack, apps, startApp: startAnother, stop, readyMs: performance.now() - startedMs };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts the process of the baselines. */
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
    probe: async () => void (await (await fetch(url)).arrayBuffer()),
    signal,
  });
  apps.push({ url, server });
  return { url, server };
}

/** Deletes all data of an installation. */
export async function removeInstallation(dir: string): Promise<void> {
  await removeRelocatedCluster(join(dir, 'postgres'));
  await rm(dir, { recursive: true, force: true });
}
