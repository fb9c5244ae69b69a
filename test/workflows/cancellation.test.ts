import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import { stepsOf } from '../../workflows/step-table.ts';
import { activitiesOf, createWorld, type World } from '../support/fakes/world.ts';
import { cancelAndWait, awaitOutcome, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

const cancel = (taskQueue: string, world: World) => cancelAndWait(temporal.client, taskQueue, world);
const place = (taskQueue: string, world: World) => awaitOutcome(temporal.client, taskQueue, world);
const closed = (...ids: string[]) => Promise.all(ids.map((id) => temporal.client.workflow.getHandle(id).result()));

test('the cancellation of a successful order refunds it once and announces OrderCancelled', async () => {
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

test('an order cancelled before its charge is never charged, and its waiting caller gets CANCELLED', async () => {
  const world = createWorld({ silentCharge: { takesEffect: false }, charge: 'regular' });
  await withWorker(world.activities, async (taskQueue) => {
    const waiting = place(taskQueue, world);
    assert.equal((await cancel(taskQueue, world)).status, 'CANCELLED');
    world.billingRecovers();
    assert.deepEqual(await waiting, { orderId: world.orderId, status: 'CANCELLED', reason: 'buyer' });
    await closed(orderWorkflowId(world.orderId), cancelWorkflowId(world.orderId));
  });
  assert.deepEqual(
    [world.account.charges, world.account.balance, world.row.status, world.announced],
    [0, 100, 'CANCELLED', ['OrderCancelled']],
  );
});

test('a declined order cannot be cancelled and stays FAILED', async () => {
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

test('an order settled and cancelled before its workflow starts again is announced as both', async () => {
  const world = createWorld();
  const { orderId, input } = world;
  const { chargeOrder, settleOrder } = world.activities;
  const activity = new MockActivityEnvironment();
  // A worker ran both steps and died before it completed their workflow task. The next worker runs them again.
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

test("a refund records the cause from the order's row, even if the workflow requests another", async () => {
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

for (const step of stepsOf('cancellation')) {
  test(`if the answer of ${step} is lost, the order is still cancelled once`, async () => {
    const world = createWorld();
    await withWorker(world.activities, async (taskQueue) => {
      await place(taskQueue, world);
      await closed(orderWorkflowId(world.orderId));
    });
    const lossy = world.losingAnswers(step, 2);
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

test('in 200 races of placing and cancelling, with random delays, both workflows agree', async () => {
  const RACES = 200;
  const AT_ONCE = 20;
  const worlds = Array.from({ length: RACES }, () =>
    createWorld({ charge: Math.random() < 0.5 ? 'local' : 'regular', maxDelayMs: 30 }),
  );

  await withWorker(activitiesOf(worlds), async (taskQueue) => {
    for (let n = 0; n < RACES; n += AT_ONCE) {
      await Promise.all(
        worlds.slice(n, n + AT_ONCE).map(async (world) => {
          const [placed, cancelled] = await Promise.all([place(taskQueue, world), cancel(taskQueue, world)]);
          await closed(orderWorkflowId(world.orderId), cancelWorkflowId(world.orderId));
          assert.equal(cancelled.status, 'CANCELLED');
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
