/** Which workflows an order has once it is to be taken back, on a real Temporal. Nobody polls its queue: what is started stays as it is. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Client } from '@temporalio/client';
import { createSaga, type SagaOptions } from '../api/orders/saga.ts';
import type { Order } from '../api/orders/store.ts';
import { inputOf } from '../bin/operator/runs.ts';
import { createLog } from '../lib/log.ts';
import { ifKnown } from '../lib/temporal.ts';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';
import type { OrderInput } from '../workflows/order.ts';
import { eventually } from './support/eventually.ts';
import { temporal } from './support/saga-temporal.ts';
import { withWorker } from './support/temporal.ts';
import { createWorld } from './support/world.ts';

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
  (await ifKnown(workflow.getHandle(workflowId).describe())) !== undefined;
/** Whether the order has a workflow, and whether its cancellation has. */
const startedOf = async ({ id }: Order) => [await isThere(orderWorkflowId(id)), await isThere(cancelWorkflowId(id))];
const end = async (...ids: string[]) => Promise.all(ids.map((id) => ifKnown(workflow.getHandle(id).terminate())));

const ways = {
  'by who waits for it': ({ cancelled }: typeof saga, order: Order) => cancelled(order, 'buyer'),
  'by who does not wait': ({ startCancellation }: typeof saga, order: Order) =>
    startCancellation(order, 'buyer').catch(() => undefined),
};

test('a workflow that ended before anybody asked for its outcome answers what it ended with', async () => {
  const world = createWorld();
  await withWorker(world.activities, async (taskQueue) => {
    const { outcome, start } = createSaga({ ...options, taskQueue, answerDeadlineMs: 60_000 });
    const order = {
      ...orderThat('IN_PROGRESS'),
      id: world.orderId,
      userId: world.input.ownerId,
      price: world.input.price,
    };
    await start(order);
    await workflow.getHandle(orderWorkflowId(order.id)).result();
    assert.deepEqual(await outcome(order), { orderId: order.id, status: 'SUCCESS', reason: null });
  });
});

test('the deadline of an order counts from when it was placed, and a workflow that begins late gives billing a minute', async () => {
  const { start } = createSaga({ ...options, orderDeadlineS: 3_600 });
  const deadlineOf = async (placedAgoS: number, again: boolean) => {
    const order = { ...orderThat('IN_PROGRESS'), createdAt: new Date(Date.now() - placedAgoS * 1_000).toISOString() };
    const workflowId = orderWorkflowId(order.id);
    await start(order, { again });
    const { deadlineS } = await inputOf<OrderInput>(temporal, await workflow.getHandle(workflowId).describe());
    await end(workflowId);
    return deadlineS;
  };
  // Some time passes meanwhile, and a clock that is behind takes none of it away.
  assert.ok(Math.abs((await deadlineOf(600, false)) - 3_000) <= 5);
  assert.deepEqual(
    [await deadlineOf(-600, false), await deadlineOf(7_200, false), await deadlineOf(7_200, true)],
    [3_600, 60, 3_600],
  );
});

for (const [way, takeBack] of Object.entries(ways)) {
  test(`an order that is taken back before it has begun gets its own workflow too, and one that has ended does not get it again (${way})`, async () => {
    const [open, done] = [orderThat('IN_PROGRESS'), orderThat('SUCCESS')];
    const told = [takeBack(saga, open), takeBack(saga, done)];
    const both = [
      [true, true],
      [false, true],
    ];
    await eventually(async () => assert.deepEqual([await startedOf(open), await startedOf(done)], both));
    await end(...[open, done].flatMap(({ id }) => [orderWorkflowId(id), cancelWorkflowId(id)]));
    assert.deepEqual(await Promise.all(told), [undefined, undefined]);
  });

  test(`an order whose own workflow cannot be started is not taken back before it can (${way})`, async () => {
    const order = orderThat('IN_PROGRESS');
    const start = (type: never, { workflowId, ...more }: { workflowId: string }) =>
      workflowId === orderWorkflowId(order.id)
        ? Promise.reject(new Error('the connection was reset'))
        : workflow.start(type, { workflowId, ...more } as never);
    const resetting = {
      withDeadline: (_deadline: number, act: () => unknown) => act(),
      workflow: Object.assign(Object.create(workflow), { start }),
    };
    assert.equal(await takeBack(createSaga({ ...options, temporal: resetting as Client }), order), undefined);
    assert.deepEqual(await startedOf(order), [false, false]);
  });
}
