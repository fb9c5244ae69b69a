/** A charge is cancelled only if the order's row supports it. The input of a workflow does not matter. */
import assert from 'node:assert/strict';
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
import { awaitOutcome, cancelAndWait, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

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

test("an operator's request in the Web UI counts only for the order's own workflow", async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false }, ageS: 0 });
  await withWorker(world.activities, async (taskQueue) => {
    const handle = await invent('order', taskQueue, world.input, `invented-${world.orderId}`);
    await waitsFor(handle.workflowId, 'chargeOrder', /billing did not answer/);
    await handle.cancel();
    await assert.rejects(handle.result());
  });
  assert.deepEqual([world.row.status, world.account.outcome, world.announced], ['IN_PROGRESS', undefined, []]);
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
