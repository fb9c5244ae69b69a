/** What only time brings about, on a server that skips it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { quietRuntime, startOrder, timeSkippingTemporal, withWorker } from './support/temporal.ts';
import { createWorld, type World } from './support/world.ts';

let temporal: TestWorkflowEnvironment;

before(async () => {
  quietRuntime();
  temporal = await timeSkippingTemporal();
});
after(() => temporal.teardown());

/** Time is skipped while somebody waits for a workflow's result. */
const runOrder = async (taskQueue: string, world: World) =>
  (await startOrder(temporal.client, taskQueue, world)).result();

for (const takesEffect of [true, false]) {
  test(`when billing is silent until the deadline and the charge ${takesEffect ? 'happened' : 'did not happen'}, billing is made to promise, and no money is missing`, async () => {
    const world = createWorld({ silentCharge: { takesEffect }, charge: 'regular', deadlineS: 3600 });
    const settled = await withWorker(
      world.activities,
      (taskQueue) => runOrder(taskQueue, world),
      temporal.nativeConnection,
    );
    assert.deepEqual(settled, { orderId: world.orderId, status: 'FAILED', reason: 'deadline' });
    assert.deepEqual(
      [world.account.outcome, world.account.balance],
      [{ outcome: takesEffect ? 'REFUNDED' : 'CANCELLED', cause: 'deadline' }, 100],
    );
  });
}

test('an order that has succeeded keeps its charge when a second run of its workflow is not answered until the deadline', async () => {
  const world = createWorld({ silentCharge: { takesEffect: true }, charge: 'regular', deadlineS: 3600 });
  await world.activities.settleOrder({ orderId: world.orderId, status: 'SUCCESS', reason: null });
  const settled = await withWorker(
    world.activities,
    (taskQueue) => runOrder(taskQueue, world),
    temporal.nativeConnection,
  );
  assert.deepEqual([settled.status, world.account.balance, world.announced], ['SUCCESS', 70, ['OrderCreated']]);
});

test('when the answer of cancelCharge is lost past the deadline, it is asked for until it comes', async () => {
  const world = createWorld({
    silentCharge: { takesEffect: true },
    charge: 'regular',
    deadlineS: 3600,
    loseAnswerOf: { step: 'cancelCharge', times: 5 },
  });
  const settled = await withWorker(
    world.activities,
    (taskQueue) => runOrder(taskQueue, world),
    temporal.nativeConnection,
  );
  assert.deepEqual([settled.status, world.account.balance], ['FAILED', 100]);
});
