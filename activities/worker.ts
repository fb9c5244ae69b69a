import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkerOptions, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { TemporalAddress } from '../lib/temporal.ts';
import type { Activities } from './index.ts';

export interface HostOptions extends TemporalAddress {
  taskQueue: string;
  activities: Activities;
  workflowBundle: WorkflowBundleWithSourceMap;
  /** Called when the worker has ended by itself: it polls no more, and another one is needed. */
  onEnd(error: Error): void;
}

export interface Host {
  /** Lets the tasks under way finish, for a bounded time, and resolves when they have. */
  close(): Promise<void>;
}

/** Twice as many as one process can have in flight, so that a workflow under way is not replayed from its start. */
const CACHED_WORKFLOWS_MAX = 400;
const SHUTDOWN_GRACE = '5s';
const SHUTDOWN_FORCE = '8s';

/** Bundles the workflows for the sandbox that they run in. Takes about two seconds, once for each process. */
export const bundleWorkflows = (): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)), logger: quiet });

/** Runs workflows and activities from one task queue in one worker, so that an activity can start in the answer to the task that asked for it. */
export async function hostWorkflows({ address, namespace, apiKey, tls, taskQueue, activities, workflowBundle, onEnd }: HostOptions): Promise<Host> {
  const connection = await NativeConnection.connect({ address, tls, ...(apiKey && { apiKey }) });
  const options: WorkerOptions = {
    connection,
    namespace,
    taskQueue,
    activities,
    workflowBundle,
    maxCachedWorkflows: CACHED_WORKFLOWS_MAX,
    reuseV8Context: true,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  };
  const worker = await Worker.create(options).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  let closing = false;
  const ended = worker.run().then(
    () => !closing && onEnd(new Error('the worker ended')),
    (error: Error) => !closing && onEnd(error),
  );
  return {
    async close() {
      closing = true;
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}

const nothing = () => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
