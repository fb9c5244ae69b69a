import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../lib/log.ts';
import { hostWorkflows, type Host, type HostOptions } from './host.ts';

const RECONNECT_MS = 500;

/**
 * Keeps a worker running until closed: retries while Temporal cannot be reached, and replaces a worker that has failed.
 */
export function superviseWorker(options: Omit<HostOptions, 'onEnd'>, log: Log) {
  let closing = false;
  let host: Host | undefined;
  const hostOnce = async (): Promise<void> => {
    while (!closing && !host) {
      try {
        host = await hostWorkflows({ ...options, onEnd: hostAgain });
        log.info({ role: 'worker', taskQueue: options.taskQueue }, 'polling Temporal for work');
      } catch (error) {
        log.warn({ role: 'worker', err: error }, 'the worker could not connect to Temporal; retrying');
        await sleep(RECONNECT_MS);
      }
    }
  };
  const hostAgain = (error: Error) => {
    log.error({ role: 'worker', err: error }, 'the worker failed; starting another one');
    const ended = host;
    host = undefined;
    hosting = Promise.resolve(ended?.close()).then(hostOnce, hostOnce);
  };
  let hosting = hostOnce();
  const current = (): Host => {
    if (!host) throw new Error('the worker is not connected to Temporal');
    return host;
  };

  let closed: Promise<void> | undefined;
  const close = async () => {
    closing = true;
    await hosting;
    await host?.close();
    log.info({ role: 'worker', taskQueue: options.taskQueue }, 'no longer polling Temporal');
  };

  return {
    isPolling: async () => void current(),
    check: async () => current().check(),
    /** Stops polling at once, then waits for running tasks. Later calls wait for the first. */
    close: () => (closed ??= close()),
  };
}
