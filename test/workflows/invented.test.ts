/**
 * Anyone who reaches Temporal can start our workflows with any input. The input does not matter, because only the
 * order's row counts.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderWorkflowId } from '../../specs/temporal.ts';
import { createWorld } from '../support/fakes/world.ts';
import {
  contradictionsOf,
  invent,
  inventCancellation,
  inventOrder,
  waitsFor,
  workflow,
} from '../support/temporal/invented.ts';
import { awaitOutcome, startOrder, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

for (const charge of ['local', 'regular'] as const) {
  test(`an order without a row is not charged, and goes on once an operator has recreated the row (${charge})`, async () => {
    const world = createWorld({ charge });
    const recreate = world.loseRow();
    await withWorker(world.activities, async (taskQueue) => {
      const handle = await inventOrder(taskQueue, world, { ownerId: randomUUID(), price: 900 });
      await waitsFor(handle.workflowId, 'chargeOrder', /has no row/);
      assert.deepEqual([world.account.chargeRequests, world.chargedTo, world.messages], [0, [], []]);
      recreate();
      assert.equal((await handle.result()).status, 'SUCCESS');
    });
    assert.deepEqual([world.chargedTo, world.account.balance], [[world.row.userId], 70]);
  });
}

test('without a row neither the deadline nor a cancellation reaches billing', async () => {
  const world = createWorld({ charge: 'regular' });
  world.loseRow();
  await withWorker(world.activities, async (taskQueue) => {
    const late = await inventOrder(taskQueue, world, { deadlineS: 1 });
    const cancelling = await inventCancellation(taskQueue, world, 'operator');
    await waitsFor(late.workflowId, 'cancelCharge', /has no row/);
    await waitsFor(cancelling.workflowId, 'cancelCharge', /has no row/);
    await Promise.all([late.terminate(), cancelling.terminate()]);
  });
  assert.deepEqual([world.chargedTo, world.account.outcome], [[], undefined]);
});

test("the row's owner pays the row's price and gets the message, and the contradiction is counted", async () => {
  const world = createWorld();
  const before = [await contradictionsOf('owner'), await contradictionsOf('price')] as [number, number];
  await withWorker(world.activities, async (taskQueue) => {
    const handle = await inventOrder(taskQueue, world, {
      ownerId: randomUUID(),
      price: 900,
      correlationId: 'invented',
    });
    assert.equal((await handle.result()).status, 'SUCCESS');
  });
  assert.deepEqual([world.chargedTo, world.account.balance], [[world.row.userId], 70]);
  assert.deepEqual(
    world.messages.map(({ value, headers }) => [JSON.parse(String(value)).userId, headers['correlationId']]),
    [[world.row.userId, world.row.correlationId]],
  );
  assert.deepEqual([await contradictionsOf('owner'), await contradictionsOf('price')], [before[0] + 2, before[1] + 1]);
});

test('another spelling of the order id leads to the same charge, status and event', async () => {
  const world = createWorld();
  await withWorker(world.activities, async (taskQueue) => {
    const shouted = { ...world.input, orderId: world.orderId.toUpperCase() };
    await (await invent('order', taskQueue, shouted, `invented-${world.orderId}`)).result();
    await awaitOutcome(temporal.client, taskQueue, world);
    await workflow.getHandle(orderWorkflowId(world.orderId)).result();
  });
  assert.deepEqual(
    [world.account.charges, world.announced, world.messages[0]!.key],
    [1, ['OrderCreated'], world.orderId],
  );
});

for (const orderId of ['', 'x', `{${randomUUID()}}`, undefined]) {
  test(`a workflow that names the order ${orderId && orderId[0]} does nothing`, async () => {
    const world = createWorld({ charge: 'regular' });
    await withWorker(world.activities, async (taskQueue) => {
      const handle = await inventOrder(taskQueue, world, { orderId: orderId as string });
      await waitsFor(handle.workflowId, 'chargeOrder', /does not name an order/);
      await handle.terminate();
    });
    assert.deepEqual([world.chargedTo, world.row.status], [[], 'IN_PROGRESS']);
  });
}

test('a status that the row does not have is not announced: the workflow fails and can run again', async () => {
  const world = createWorld();
  const restored = { ...world.row };
  const { settleOrder } = world.activities;
  let isRestored = false;
  const activities = {
    ...world.activities,
    /** Settles the order, then restores its database to the moment before. */
    async settleOrder(request: Parameters<typeof settleOrder>[0]) {
      const settled = await settleOrder(request);
      if (!isRestored) Object.assign(world.row, restored);
      isRestored = true;
      return settled;
    },
  };
  await withWorker(activities, async (taskQueue) => {
    assert.equal((await awaitOutcome(temporal.client, taskQueue, world)).status, 'SUCCESS');
    const handle = workflow.getHandle(orderWorkflowId(world.orderId));
    await assert.rejects(handle.result());
    assert.deepEqual([world.row.status, world.announced], ['IN_PROGRESS', []]);
    await (await startOrder(temporal.client, taskQueue, world)).result();
  });
  assert.deepEqual([world.row.status, world.account.charges, world.announced], ['SUCCESS', 1, ['OrderCreated']]);
});
