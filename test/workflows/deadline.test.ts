/** At its deadline an order fails without loss of money. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createWorld, type World } from '../support/fakes/world.ts';
import { quietRuntime, startOrder, timeSkippingTemporal, withWorker } from '../support/temporal/server.ts';

let temporal: TestWorkflowEnvironment;

before(async () => {
  quietRuntime();
  temporal = await timeSkippingTemporal();
});
after(() => temporal.teardown());

/** Runs an order to its end. While the client waits for the result, the test server skips time. */
const runOrder = async (taskQueue: string, world: World) =>
  (await startOrder(temporal.client, taskQueue, world)).result();

for (const takesEffect of [true, false]) {
  test(`when billing is silent until the deadline and the charge ${takesEffect ? 'happened' : 'did not happen'}, the charge is cancelled and the buyer loses no money`, async () => {
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

test('a successful order keeps its charge even if billing does not answer a second run of its workflow before the deadline', async () => {
  const world = createWorld({ silentCharge: { takesEffect: true }, charge: 'regular', deadlineS: 3600 });
  await world.activities.settleOrder({ orderId: world.orderId, status: 'SUCCESS', reason: null });
  const settled = await withWorker(
    world.activities,
    (taskQueue) => runOrder(taskQueue, world),
    temporal.nativeConnection,
  );
  assert.deepEqual([settled.status, world.account.balance, world.announced], ['SUCCESS', 70, ['OrderCreated']]);
});

test('after the deadline cancelCharge is retried until its answer arrives', async () => {
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
