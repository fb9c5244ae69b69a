import { fileURLToPath } from 'node:url';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import {
  bundleWorkflowCode,
  NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import type { TemporalAddress } from '../lib/temporal/client.ts';
import { dataConverterOf, failureConverterPath } from '../lib/temporal/data-converter.ts';
import { createAttributeCheck } from '../lib/temporal/search-attributes.ts';
import type { Activities } from '../specs/temporal.ts';

export interface HostOptions extends TemporalAddress {
  taskQueue: string;
  activities: Activities;
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  /** If set, workflows stay on the release that started them. If unset, any worker runs any workflow. */
  version?: WorkerDeploymentVersion | undefined;
  /** Called when the worker stops unexpectedly and must be replaced. */
  onEnd(error: Error): void;
}

export interface Host {
  /** Resolves if Temporal answers on the worker's connection and has the search attributes that orders need. */
  check(): Promise<void>;
  /** Waits a bounded time for running tasks, then disconnects. */
  close(): Promise<void>;
}

/**
 * More workflows than are usually open. If even more are open, for example while Kafka is down, the worker evicts some
 * from its cache and replays them later.
 */
const CACHED_WORKFLOWS_MAX = 400;
const CHECK_TIMEOUT_MS = 2_000;
const SHUTDOWN_GRACE = '5s';
const SHUTDOWN_FORCE = '8s';

export interface BundleOptions extends Pick<TemporalAddress, 'payloadKeys'> {
  /** Module paths. */
  interceptors?: string[];
}

/** Bundles the workflows. Takes about two seconds, once per process. */
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

/**
 * Runs workflows and activities in one worker. When the worker completes a workflow task that schedules an activity,
 * Temporal can then hand it that activity at once, in the response.
 */
export async function hostWorkflows({ onEnd, ...options }: HostOptions): Promise<Host> {
  const { address, namespace, apiKey, tls } = options;
  const connection = await NativeConnection.connect({ address, tls, ...(apiKey && { apiKey }) });
  const worker = await Worker.create({ connection, ...workerOptions(options) }).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  let closing = false;
  const ended = worker.run().then(
    () => !closing && onEnd(new Error('the worker stopped unexpectedly')),
    (error: Error) => !closing && onEnd(error),
  );
  const checkAttributes = createAttributeCheck(connection, namespace);
  const checkAnswer = () =>
    connection.withDeadline(Date.now() + CHECK_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
  return {
    check: async () => void (await Promise.all([checkAnswer(), checkAttributes()])),
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

const noop = () => {};
const quiet = { log: noop, trace: noop, debug: noop, info: noop, warn: noop, error: noop };
