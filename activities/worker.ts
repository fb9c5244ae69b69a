import { fileURLToPath } from 'node:url';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import {
  bundleWorkflowCode,
  NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { dataConverterOf, failureConverterPath } from '../lib/data-converter.ts';
import type { TemporalAddress } from '../lib/temporal.ts';
import type { Activities } from './index.ts';

export interface HostOptions extends TemporalAddress {
  taskQueue: string;
  activities: Activities;
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  /** The release that this worker is of. Workflows then stay with the release that they began on. Without it, any worker takes any of them. */
  version?: WorkerDeploymentVersion | undefined;
  /** Called when the worker has ended by itself: it polls no more, and another one is needed. */
  onEnd(error: Error): void;
}

export interface Host {
  /** Resolves when Temporal answers on the connection that the worker polls over. */
  check(): Promise<void>;
  /** Lets the tasks under way finish, for a bounded time, and resolves when they have. */
  close(): Promise<void>;
}

/** Twice as many as one process can have in flight, so that a workflow under way is not replayed from its start. */
const CACHED_WORKFLOWS_MAX = 400;
const CHECK_TIMEOUT_MS = 2_000;
const SHUTDOWN_GRACE = '5s';
const SHUTDOWN_FORCE = '8s';

export interface BundleOptions extends Pick<TemporalAddress, 'payloadKeys'> {
  /** Modules whose interceptors run with the workflows. */
  interceptors?: string[];
}

/** Bundles the workflows for the sandbox that they run in. Takes about two seconds, once for each process. */
export const bundleWorkflows = ({
  payloadKeys,
  interceptors = [],
}: BundleOptions = {}): Promise<WorkflowBundleWithSourceMap> =>
  bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    workflowInterceptorModules: interceptors,
    logger: quiet,
    ...(payloadKeys && { failureConverterPath }),
  });

/** Runs workflows and activities from one task queue in one worker, so that an activity can start in the answer to the task that asked for it. */
export async function hostWorkflows({ onEnd, ...options }: HostOptions): Promise<Host> {
  const { address, namespace, apiKey, tls } = options;
  const connection = await NativeConnection.connect({ address, tls, ...(apiKey && { apiKey }) });
  const worker = await Worker.create({ connection, ...workerOptions(options) }).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  let closing = false;
  const ended = worker.run().then(
    () => !closing && onEnd(new Error('the worker ended')),
    (error: Error) => !closing && onEnd(error),
  );
  return {
    check: async () =>
      void (await connection.withDeadline(Date.now() + CHECK_TIMEOUT_MS, () =>
        connection.workflowService.describeNamespace({ namespace }),
      )),
    async close() {
      closing = true;
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
      await connection.close();
    },
  };
}

function workerOptions({
  namespace,
  taskQueue,
  activities,
  workflowBundle,
  payloadKeys,
  version,
}: Omit<HostOptions, 'onEnd'>): WorkerOptions {
  return {
    namespace,
    taskQueue,
    activities,
    workflowBundle,
    dataConverter: dataConverterOf(payloadKeys),
    maxCachedWorkflows: CACHED_WORKFLOWS_MAX,
    reuseV8Context: true,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    ...(version && {
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
    }),
  };
}

const nothing = () => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
