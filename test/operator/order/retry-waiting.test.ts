/** An operator's retry of a waiting step is safe and reports only its own result. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderCommand } from '../../../operator/order/command.ts';
import { retryNow } from '../../../operator/temporal-runs.ts';
import { eventually } from '../../support/eventually.ts';
import { createWorld } from '../../support/fakes/world.ts';
import { createDatabase } from '../../support/postgres/database.ts';
import { insertOrder } from '../../support/postgres/rows.ts';
import { env, startOrder, withWorker } from '../../support/temporal/server.ts';
import { temporal } from '../../support/temporal/workflows.ts';

const silent = () => createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });

test('retrying a step that has just ended changes nothing', async () => {
  const ended = createWorld();
  await withWorker(ended.activities, async (taskQueue) => {
    const handle = await startOrder(temporal.client, taskQueue, ended);
    await handle.result();
    await retryNow(temporal, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId }, { id: '1' });
  });
  const handle = await startOrder(temporal.client, `test-${randomUUID()}`, silent());
  await retryNow(temporal, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId }, { id: 'none' });
  assert.equal((await handle.describe()).status.name, 'RUNNING');
  await handle.terminate();
});

test('the failure of an earlier attempt is not reported as the result of the requested one', async (t) => {
  const orders = await createDatabase('orders');
  t.after(() => orders.close());
  const world = silent();
  await insertOrder(orders, { id: world.orderId, ownerId: world.input.ownerId });
  const { handle, taskQueue } = await withWorker(world.activities, async (taskQueue) => {
    const handle = await startOrder(temporal.client, taskQueue, world);
    await eventually(async () => assert.ok((await handle.describe()).raw.pendingActivities?.[0]?.lastFailure));
    return { handle, taskQueue };
  });
  // The worker has stopped, so the requested attempt cannot run.
  const variables = {
    ORDERS_DATABASE_URL: orders.url,
    TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
    TEMPORAL_TASK_QUEUE: taskQueue,
  };
  const { exitCode, text } = await orderCommand(['retry', world.orderId, '--reason', 'a test'], variables);
  assert.deepEqual([exitCode, text.split('Retried now: ')[1]], [0, 'the workflow is still running.']);
  await handle.terminate();
});
