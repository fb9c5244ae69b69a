import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Client } from '@temporalio/client';
import type { Order } from '../../../api/orders/order.ts';
import { createSaga, type SagaOptions } from '../../../api/orders/workflow.ts';
import { createLog } from '../../../lib/log.ts';
import { ifFound } from '../../../lib/temporal/client.ts';
import { inputOf } from '../../../operator/temporal-runs.ts';
import { orderWorkflowId, cancelWorkflowId, type OrderInput } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { createWorld } from '../../support/fakes/world.ts';
import { withWorker } from '../../support/temporal/server.ts';
import { temporal } from '../../support/temporal/workflows.ts';

const { workflow } = temporal.client;
const options: SagaOptions = {
  temporal: temporal.client,
  taskQueue: `test-${randomUUID()}`,
  answerDeadlineMs: 20_000,
  orderDeadlineS: 60,
  charge: 'local',
  log: createLog('silent'),
};
const saga = createSaga(options);

const orderThat = (status: Order['status']) =>
  ({
    id: randomUUID(),
    userId: randomUUID(),
    price: 5,
    version: 1,
    status,
    correlationId: 'test',
    createdAt: new Date().toISOString(),
  }) as Order;
const isThere = async (workflowId: string): Promise<boolean> =>
  (await ifFound(workflow.getHandle(workflowId).describe())) !== undefined;
/** Returns whether the order has a workflow and whether its cancellation has one. */
const startedOf = async ({ id }: Order) => [await isThere(orderWorkflowId(id)), await isThere(cancelWorkflowId(id))];
const end = async (...ids: string[]) => Promise.all(ids.map((id) => ifFound(workflow.getHandle(id).terminate())));

const ways = {
  'waiting for it': ({ cancelAndWait }: typeof saga, order: Order) => cancelAndWait(order, 'buyer'),
  'without waiting': ({ startCancellation }: typeof saga, order: Order) =>
    startCancellation(order, 'buyer').catch(() => undefined),
};

test('the outcome of a workflow that has already ended is its result', async () => {
  const world = createWorld();
  await withWorker(world.activities, async (taskQueue) => {
    const { awaitOutcome, start } = createSaga({ ...options, taskQueue, answerDeadlineMs: 60_000 });
    const order = {
      ...orderThat('IN_PROGRESS'),
      id: world.orderId,
      userId: world.input.ownerId,
      price: world.input.price,
    };
    await start(order);
    await workflow.getHandle(orderWorkflowId(order.id)).result();
    assert.deepEqual(await awaitOutcome(order), { orderId: order.id, status: 'SUCCESS', reason: null });
  });
});

test('the deadline counts from when the order was placed, but a late workflow gets at least a minute', async () => {
  const { start } = createSaga({ ...options, orderDeadlineS: 3_600 });
  const deadlineOf = async (placedAgoS: number, again: boolean) => {
    const order = { ...orderThat('IN_PROGRESS'), createdAt: new Date(Date.now() - placedAgoS * 1_000).toISOString() };
    const workflowId = orderWorkflowId(order.id);
    await start(order, { again });
    const { deadlineS } = await inputOf<OrderInput>(temporal, await workflow.getHandle(workflowId).describe());
    await end(workflowId);
    return deadlineS;
  };
  // 5 s allow for the time that the test takes. An age of -600 s is a creation time in the future, which does not
  // lengthen the deadline.
  assert.ok(Math.abs((await deadlineOf(600, false)) - 3_000) <= 5);
  assert.deepEqual(
    [await deadlineOf(-600, false), await deadlineOf(7_200, false), await deadlineOf(7_200, true)],
    [3_600, 60, 3_600],
  );
});

for (const [way, cancel] of Object.entries(ways)) {
  test(`cancelling an order also starts its own workflow if the order is open, but not if it has ended (${way})`, async () => {
    const [open, done] = [orderThat('IN_PROGRESS'), orderThat('SUCCESS')];
    const results = [cancel(saga, open), cancel(saga, done)];
    const both = [
      [true, true],
      [false, true],
    ];
    await eventually(async () => assert.deepEqual([await startedOf(open), await startedOf(done)], both));
    await end(...[open, done].flatMap(({ id }) => [orderWorkflowId(id), cancelWorkflowId(id)]));
    assert.deepEqual(await Promise.all(results), [undefined, undefined]);
  });

  test(`if an order's own workflow cannot be started, no cancellation starts either (${way})`, async () => {
    const order = orderThat('IN_PROGRESS');
    const start = (type: never, { workflowId, ...more }: { workflowId: string }) =>
      workflowId === orderWorkflowId(order.id)
        ? Promise.reject(new Error('the connection was reset'))
        : workflow.start(type, { workflowId, ...more } as never);
    const resetting = {
      withDeadline: (_deadline: number, act: () => unknown) => act(),
      workflow: Object.assign(Object.create(workflow), { start }),
    };
    assert.equal(await cancel(createSaga({ ...options, temporal: resetting as Client }), order), undefined);
    assert.deepEqual(await startedOf(order), [false, false]);
  });
}
