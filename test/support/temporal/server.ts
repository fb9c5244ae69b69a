import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createTemporal } from '../../../lib/temporal/client.ts';
import {
  searchAttributes,
  orderWorkflowId,
  cancelWorkflowId,
  type Activities,
  type SettledOrder,
} from '../../../specs/temporal.ts';
import type { cancellation } from '../../../workflows/cancellation.ts';
import type { order } from '../../../workflows/order.ts';
import { eventually } from '../eventually.ts';
import type { World } from '../fakes/world.ts';

/** The type `Keyword` in Temporal's API. */
const KEYWORD = 2;

export const env = (name: string): string => process.env[name] ?? fail(name);

/** Logs errors only. */
export const quietRuntime = () => Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });

/** Logs nothing, for tests in which worker tasks fail on purpose. */
export const silentRuntime = () =>
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR', () => {}) });

/** Connects to the test run's server. */
export const realTemporal = () =>
  createTemporal({ address: env('TEMPORAL_ADDRESS'), namespace: 'default', tls: false });

/** Starts a server that skips time while nothing happens. */
export async function timeSkippingTemporal(): Promise<TestWorkflowEnvironment> {
  // The SDK waits only five seconds for the server to start, which is too short on a busy machine.
  const temporal = await eventually(() =>
    TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: env('TEST_TIME_SKIPPING_SERVER') } },
    }),
  );
  const keywords = Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, KEYWORD]));
  await temporal.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: keywords });
  return temporal;
}

/** Runs a worker while `act` runs, by default on the shared server. */
export async function withWorker<T>(
  activities: Activities,
  act: (taskQueue: string) => Promise<T>,
  connection?: TestWorkflowEnvironment['nativeConnection'],
): Promise<T> {
  const { NativeConnection } = await import('@temporalio/worker');
  const own = connection ? undefined : await NativeConnection.connect({ address: env('TEMPORAL_ADDRESS') });
  const taskQueue = `test-${randomUUID()}`;
  const worker = await Worker.create({
    connection: connection ?? own!,
    taskQueue,
    activities,
    workflowBundle: { codePath: env('TEST_WORKFLOW_BUNDLE') },
    // Otherwise the worker waits a second for its long polls when it shuts down.
    shutdownGraceTime: 0,
  });
  try {
    return await worker.runUntil(() => act(taskQueue));
  } finally {
    await own?.close();
  }
}

const startOptions = (taskQueue: string, { input }: World) => ({
  workflowId: orderWorkflowId(input.orderId),
  workflowIdConflictPolicy: 'USE_EXISTING' as const,
  workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
  taskQueue,
  args: [input] as [typeof input],
});

/** Starts an order and waits for its outcome by update-with-start, as the order service does. */
export async function awaitOutcome(client: Client, taskQueue: string, world: World): Promise<SettledOrder> {
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof order>('order', startOptions(taskQueue, world));
  return client.workflow.executeUpdateWithStart<typeof order, SettledOrder, []>('outcome', {
    updateId: 'outcome',
    args: [],
    startWorkflowOperation,
  });
}

/** Records the cancellation request, then cancels the order, as the order service does. */
export async function cancelAndWait(client: Client, taskQueue: string, world: World): Promise<SettledOrder> {
  world.row.cancelCause ??= 'buyer';
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof cancellation>('cancellation', {
    ...startOptions(taskQueue, world),
    workflowId: cancelWorkflowId(world.orderId),
    args: [{ ...world.input, cause: 'buyer' }],
  });
  return client.workflow.executeUpdateWithStart<typeof cancellation, SettledOrder, []>('outcome', {
    updateId: 'outcome',
    args: [],
    startWorkflowOperation,
  });
}

/** Starts an order as the auditor does. */
export const startOrder = (client: Client, taskQueue: string, world: World) =>
  client.workflow.start<typeof order>('order', startOptions(taskQueue, world));

function fail(name: string): never {
  throw new Error(`${name} is not set: run the tests by \`npm test\``);
}
