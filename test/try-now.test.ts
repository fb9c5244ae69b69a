/** An operator has a step tried at once that waits. Over a real Temporal. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderCommand } from '../bin/operator/order-command.ts';
import { tryNow } from '../bin/operator/runs.ts';
import { createDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { insertOrder } from './support/rows.ts';
import { temporal } from './support/saga-temporal.ts';
import { env, startOrder, withWorker } from './support/temporal.ts';
import { createWorld } from './support/world.ts';

const silent = () => createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });

test('a step that has come to its end between the look and the try is left as it is', async () => {
  const ended = createWorld();
  await withWorker(ended.activities, async (taskQueue) => {
    const handle = await startOrder(temporal.client, taskQueue, ended);
    await handle.result();
    await tryNow(temporal, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId }, { id: '1' });
  });
  const handle = await startOrder(temporal.client, `test-${randomUUID()}`, silent());
  await tryNow(temporal, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId }, { id: 'none' });
  assert.equal((await handle.describe()).status.name, 'RUNNING');
  await handle.terminate();
});

test('the failure of a try before is not told as that of the one that was asked for', async (t) => {
  const orders = await createDatabase('orders');
  t.after(() => orders.close());
  const world = silent();
  await insertOrder(orders, { id: world.orderId, ownerId: world.input.ownerId });
  const { handle, taskQueue } = await withWorker(world.activities, async (taskQueue) => {
    const handle = await startOrder(temporal.client, taskQueue, world);
    await eventually(async () => assert.ok((await handle.describe()).raw.pendingActivities?.[0]?.lastFailure));
    return { handle, taskQueue };
  });
  // Nobody is there any more who could try it.
  const variables = {
    ORDERS_DATABASE_URL: orders.url,
    TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
    TEMPORAL_TASK_QUEUE: taskQueue,
  };
  const { exitCode, text } = await orderCommand(['retry', world.orderId, '--reason', 'a test'], variables);
  assert.deepEqual([exitCode, text.split('It is tried now: ')[1]], [0, 'it is still under way.']);
  await handle.terminate();
});
