import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../lib/log.ts';
import { reportChanges } from '../lib/report-changes.ts';
import { hostWorkflows, type Host, type HostOptions } from './host.ts';

const RECONNECT_MS = 500;

/**
 * Keeps a worker running until closed: retries while Temporal cannot be reached, and replaces a worker that has failed.
 */
export function superviseWorker(options: Omit<HostOptions, 'onEnd'>, log: Log) {
  let closing = false;
  let host: Host | undefined;
  let whyNot = '';
  const connect = reportChanges(
    async () => {
      host = await hostWorkflows({ ...options, onEnd: hostAgain });
      log.info({ role: 'worker', taskQueue: options.taskQueue }, 'polling Temporal for work');
    },
    {
      onFailed(error, reason) {
        whyNot = `: ${reason}`;
        log.warn({ role: 'worker', err: error }, 'the worker could not connect to Temporal; retrying');
      },
      onWorks: () => (whyNot = ''),
    },
  );
  const hostOnce = async (): Promise<void> => {
    while (!closing && !host) {
      await connect().catch(() => sleep(RECONNECT_MS));
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
    if (!host) throw new Error(`the worker is not connected to Temporal${whyNot}`);
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
