import { join } from 'node:path';
import { startServer, type Server } from '../supervise/server.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const START_WITHIN_MS = 120_000;
/** Longer than the app waits for its roles to stop. */
const STOP_WITHIN_MS = 22_000;
const RESPONSE_TIMEOUT_MS = 10_000;

/** Starts all roles in one process and waits until each is ready. */
export async function startApp({
  dir,
  env,
  url,
  signal,
}: {
  dir: string;
  env: NodeJS.ProcessEnv;
  url: string;
  signal: AbortSignal;
}): Promise<Server> {
  return startServer({
    name: 'app',
    dataDir: dir,
    file: process.execPath,
    args: ['bin/order-saga.ts', 'all'],
    // No balancer on this machine has to learn that the app ends.
    env: { DRAIN_MS: '0', ...env },
    cwd: ROOT,
    stopSignal: 'SIGTERM',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    probe: () => isReady(url),
    signal,
  });
}

async function isReady(url: string): Promise<void> {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`/health/ready returned ${response.status}: ${body}`);
}
