/**
 * Anyone who reaches Temporal can start our workflows with any input. Whatever the input says, only the order's row
 * counts.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { register } from 'prom-client';
import { cancelWorkflowId, orderWorkflowId, type OrderInput } from '../../specs/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { createWorld, type World } from '../support/fakes/world.ts';
import { awaitOutcome, cancelAndWait, startOrder, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

const { workflow } = temporal.client;

/** Starts a workflow as somebody would who knows nothing but its type. */
const invent = (type: 'order' | 'cancellation', taskQueue: string, input: object, workflowId: string) =>
  workflow.start(type, { taskQueue, workflowId, args: [input] });
const inventOrder = (taskQueue: string, world: World, claim: Partial<OrderInput> = {}) =>
  invent('order', taskQueue, { ...world.input, ...claim }, orderWorkflowId(world.orderId));
const inventCancellation = (taskQueue: string, world: World, cause: string) =>
  invent('cancellation', taskQueue, { ...world.input, cause }, cancelWorkflowId(world.orderId));

const contradictionsOf = async (property: string): Promise<number> =>
  (await register.getSingleMetric('order_contradictions_total')!.get()).values.find(
    ({ labels }) => labels['property'] === property,
  )?.value ?? 0;

/** Waits until an attempt of the step has failed in this way. */
const waitsFor = (workflowId: string, activity: string, failure: RegExp) =>
  eventually(async () => {
    const { raw } = await workflow.getHandle(workflowId).describe();
    const [pending] = raw.pendingActivities ?? [];
    assert.deepEqual(pending?.activityType?.name, activity);
    assert.match(pending?.lastFailure?.message ?? '', failure);
  });

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

for (const cause of ['buyer', 'operator', 'deadline']) {
  test(`a cancellation that the row does not record cancels no order in progress (${cause})`, async () => {
    const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: true } });
    const before = await contradictionsOf('cancellation');
    await withWorker(world.activities, async (taskQueue) => {
      const placed = awaitOutcome(temporal.client, taskQueue, world);
      const invented = await inventCancellation(taskQueue, world, cause);
      await assert.rejects(invented.result());
      assert.deepEqual(
        [world.row.status, world.announced, world.account.outcome?.cause],
        ['IN_PROGRESS', [], undefined],
      );
      world.billingRecovers();
      assert.equal((await placed).status, 'SUCCESS');
      // A later request of the buyer starts the failed workflow again.
      assert.equal((await cancelAndWait(temporal.client, taskQueue, world)).status, 'CANCELLED');
    });
    assert.deepEqual([await contradictionsOf('cancellation'), world.account.balance], [before + 1, 100]);
  });

  test(`a cancellation that the row does not record refunds no order that has succeeded (${cause})`, async () => {
    const world = createWorld();
    await withWorker(world.activities, async (taskQueue) => {
      await awaitOutcome(temporal.client, taskQueue, world);
      await workflow.getHandle(orderWorkflowId(world.orderId)).result();
      assert.equal((await (await inventCancellation(taskQueue, world, cause)).result()).status, 'SUCCESS');
    });
    assert.deepEqual([world.row.status, world.account.balance, world.announced], ['SUCCESS', 70, ['OrderCreated']]);
  });
}

test('a cancellation has the cause of the row, whatever its input says', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
  world.row.cancelCause = 'buyer';
  await withWorker(world.activities, async (taskQueue) => {
    const { reason } = await (await inventCancellation(taskQueue, world, 'deadline')).result();
    assert.equal(reason, 'buyer');
  });
  assert.deepEqual([world.account.outcome, world.row.status], [{ outcome: 'CANCELLED', cause: 'buyer' }, 'CANCELLED']);
});

test('a workflow with a deadline of its own does not end the charge before the deadline of the row', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false }, ageS: 0 });
  await withWorker(world.activities, async (taskQueue) => {
    const handle = await inventOrder(taskQueue, world, { deadlineS: 1 });
    await waitsFor(handle.workflowId, 'cancelCharge', /billing did not answer/);
    assert.equal(world.account.outcome, undefined);
    world.billingRecovers();
    assert.equal((await handle.result()).status, 'SUCCESS');
  });
  assert.deepEqual([world.account.charges, world.announced], [1, ['OrderCreated']]);
});

for (const [what, ageS] of [
  ['is over', 86_401],
  ['cannot be told, because the row has a time in the future', -86_400],
] as const) {
  test(`the charge is cancelled at the deadline of the workflow if that of the row ${what}`, async () => {
    const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: true }, ageS });
    await withWorker(world.activities, async (taskQueue) => {
      const { status, reason } = await (await inventOrder(taskQueue, world, { deadlineS: 1 })).result();
      assert.deepEqual([status, reason], ['FAILED', 'deadline']);
    });
    assert.equal(world.account.balance, 100);
  });
}

test('a charge that billing refuses for good is cancelled before the deadline of the row', async () => {
  const refusal = { status: 422, body: { type: '/problems/key-reused' } };
  const world = createWorld({ charge: 'regular', billingAnswersFirst: [refusal, refusal], ageS: 0 });
  await withWorker(world.activities, async (taskQueue) => {
    assert.equal((await awaitOutcome(temporal.client, taskQueue, world)).status, 'FAILED');
  });
  assert.deepEqual([world.account.chargeRequests, world.account.balance], [2, 100]);
});

test('a status that the row does not have is not announced: the workflow fails and can run again', async () => {
  const world = createWorld();
  const restored = { ...world.row };
  const { settleOrder } = world.activities;
  let isRestored = false;
  const activities = {
    ...world.activities,
    /** Settles the order, and then its database is restored to the moment before. */
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
