/** Taking an order back, against the workflow that charges it: billing is the arbiter, and both sides tell the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';
import { temporal } from './support/saga-temporal.ts';
import { askCancellation, askOutcome, withWorker } from './support/temporal.ts';
import { activitiesOf, createWorld, type Step, type World } from './support/world.ts';

const cancel = (taskQueue: string, world: World) => askCancellation(temporal.client, taskQueue, world);
const place = (taskQueue: string, world: World) => askOutcome(temporal.client, taskQueue, world);
const closed = (...ids: string[]) => Promise.all(ids.map((id) => temporal.client.workflow.getHandle(id).result()));

test('an order that succeeded is taken back: the money returns once, and the buyer is told both', async () => {
  const world = createWorld();
  await withWorker(world.activities, async (taskQueue) => {
    assert.equal((await place(taskQueue, world)).status, 'SUCCESS');
    await closed(orderWorkflowId(world.orderId));
    assert.deepEqual(await cancel(taskQueue, world), { orderId: world.orderId, status: 'CANCELLED', reason: 'buyer' });
    assert.deepEqual(await cancel(taskQueue, world), { orderId: world.orderId, status: 'CANCELLED', reason: 'buyer' });
    await closed(cancelWorkflowId(world.orderId));
  });
  assert.deepEqual(
    [world.account.balance, world.row.status, world.announced],
    [100, 'CANCELLED', ['OrderCreated', 'OrderCancelled']],
  );
});

test('an order that is taken back before it is charged is never charged, and who waits for it is told', async () => {
  const world = createWorld({ silentCharge: { takesEffect: false }, charge: 'regular' });
  await withWorker(world.activities, async (taskQueue) => {
    const waiting = place(taskQueue, world);
    assert.equal((await cancel(taskQueue, world)).status, 'CANCELLED');
    world.billingSpeaks();
    assert.deepEqual(await waiting, { orderId: world.orderId, status: 'CANCELLED', reason: 'buyer' });
    await closed(orderWorkflowId(world.orderId), cancelWorkflowId(world.orderId));
  });
  assert.deepEqual(
    [world.account.charges, world.account.balance, world.row.status, world.announced],
    [0, 100, 'CANCELLED', ['OrderCancelled']],
  );
});

test('an order that was declined cannot be taken back, and stays failed', async () => {
  const world = createWorld({ balance: 10 });
  await withWorker(world.activities, async (taskQueue) => {
    await place(taskQueue, world);
    assert.deepEqual(await cancel(taskQueue, world), {
      orderId: world.orderId,
      status: 'FAILED',
      reason: 'insufficient-funds',
    });
    await closed(orderWorkflowId(world.orderId), cancelWorkflowId(world.orderId));
  });
  assert.deepEqual([world.account.balance, world.row.status, world.announced], [10, 'FAILED', ['OrderRejected']]);
});

test('an order that succeeded and was taken back before its workflow heard of either has told both', async () => {
  const world = createWorld();
  const { orderId, input } = world;
  const { chargeOrder, settleOrder } = world.activities;
  const activity = new MockActivityEnvironment();
  // As when the worker dies after both, before the task that they ran in is done: the workflow takes them again.
  await activity.run(chargeOrder, input);
  await settleOrder({ orderId, status: 'SUCCESS', reason: null });
  await withWorker(world.activities, async (taskQueue) => {
    assert.equal((await cancel(taskQueue, world)).status, 'CANCELLED');
    assert.deepEqual(await place(taskQueue, world), { orderId, status: 'SUCCESS', reason: null });
    assert.deepEqual(await place(taskQueue, world), { orderId, status: 'SUCCESS', reason: null });
    await closed(orderWorkflowId(orderId), cancelWorkflowId(orderId));
  });
  assert.deepEqual(
    [world.account.balance, world.row.status, world.announced.toSorted()],
    [100, 'CANCELLED', ['OrderCancelled', 'OrderCreated']],
  );
});

test('an order that has succeeded is taken back for what its row says, also when a deadline of its workflow asks for it first', async () => {
  const world = createWorld();
  const { orderId, input } = world;
  const { chargeOrder, settleOrder, cancelCharge } = world.activities;
  const activity = new MockActivityEnvironment();
  await activity.run(chargeOrder, input);
  await settleOrder({ orderId, status: 'SUCCESS', reason: null });
  world.row.cancelCause = 'buyer';
  assert.deepEqual(await activity.run(cancelCharge, { ...input, cause: 'deadline' as const }), {
    outcome: 'REFUNDED',
    cause: 'buyer',
  });
});

for (const step of ['cancelCharge', 'cancelOrder', 'announceOrder'] satisfies Step[]) {
  test(`when the answer of ${step} is lost, the order is taken back all the same, once`, async () => {
    const world = createWorld();
    await withWorker(world.activities, async (taskQueue) => {
      await place(taskQueue, world);
      await closed(orderWorkflowId(world.orderId));
    });
    const lossy = world.losing(step, 2);
    await withWorker(lossy, async (taskQueue) => {
      assert.equal((await cancel(taskQueue, world)).status, 'CANCELLED');
      await closed(cancelWorkflowId(world.orderId));
    });
    assert.deepEqual(
      [world.account.balance, world.row.status, world.announced],
      [100, 'CANCELLED', ['OrderCreated', 'OrderCancelled']],
    );
  });
}

test('200 races of placing and taking back, with random delays, each have one end that both sides tell', async () => {
  const RACES = 200;
  const AT_ONCE = 20;
  const worlds = Array.from({ length: RACES }, () =>
    createWorld({ charge: Math.random() < 0.5 ? 'local' : 'regular', hesitateMs: 30 }),
  );

  await withWorker(activitiesOf(worlds), async (taskQueue) => {
    for (let n = 0; n < RACES; n += AT_ONCE) {
      await Promise.all(
        worlds.slice(n, n + AT_ONCE).map(async (world) => {
          const [placed, taken] = await Promise.all([place(taskQueue, world), cancel(taskQueue, world)]);
          await closed(orderWorkflowId(world.orderId), cancelWorkflowId(world.orderId));
          assert.equal(taken.status, 'CANCELLED');
          assert.ok(placed.status === 'SUCCESS' || placed.status === 'CANCELLED');
          assert.deepEqual([world.row.status, world.account.balance], ['CANCELLED', 100]);
          assert.deepEqual(
            world.announced.toSorted(),
            placed.status === 'SUCCESS' ? ['OrderCancelled', 'OrderCreated'] : ['OrderCancelled'],
          );
        }),
      );
    }
  });
});
