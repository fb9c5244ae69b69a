import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { createWorld } from '../../support/fakes/world.ts';
import { insertOrder } from '../../support/postgres/rows.ts';
import { handleOf, installation, listed, orders, retry, stuck, temporal } from '../../support/shop/stuck-orders.ts';
import { awaitOutcome, startOrder, withWorker } from '../../support/temporal/server.ts';

test('an order without a workflow is listed as such, and a retry starts the workflow once', async () => {
  const variables = installation();
  const id = await insertOrder(orders);
  await listed(variables, id, /IN_PROGRESS +\d+ min +- +- +no workflow/);
  const first = await retry(variables, id);
  assert.deepEqual(
    [first.exitCode, first.text],
    [0, `order-${id} did not exist and was started: the workflow is still running.`],
  );
  await listed(variables, id, /IN_PROGRESS +\d+ min +- +- +no worker has processed its task/);
  const second = await retry(variables, id);
  assert.equal(second.exitCode, 1);
  assert.match(second.text, /waits for a worker/);
  assert.equal(
    (await handleOf(id).fetchHistory()).events?.filter((event) => event.workflowExecutionStartedEventAttributes).length,
    1,
  );
  await handleOf(id).terminate();
});

test('an order whose workflow was terminated is listed as such, and a retry starts the workflow again', async () => {
  const variables = installation();
  const id = await insertOrder(orders);
  await retry(variables, id);
  await handleOf(id).terminate();
  await listed(variables, id, /its workflow ended as TERMINATED, but the order is not finished/);
  const { exitCode, text } = await retry(variables, id);
  assert.equal(exitCode, 0);
  assert.match(text, /had ended as TERMINATED and was started again/);
  assert.equal((await handleOf(id).describe()).status.name, 'RUNNING');
  await handleOf(id).terminate();
});

test('a failing step is listed with its attempts and last failure, and a retry attempts it at once', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
  await insertOrder(orders, { id: world.orderId, ownerId: world.input.ownerId });
  await withWorker(world.activities, async (taskQueue) => {
    const variables = installation(taskQueue);
    await startOrder(temporal.client, taskQueue, world);
    await listed(
      variables,
      world.orderId,
      /IN_PROGRESS +\d+ min +chargeOrder +\d+ +billing did not answer; next attempt in \d+ s/,
    );
    const retried = await retry(variables, world.orderId);
    assert.equal(retried.exitCode, 0);
    assert.match(
      retried.text,
      /was at chargeOrder, attempt \d+ after "billing did not answer". Retried now: chargeOrder failed again: billing did not answer/,
    );
    world.billingRecovers();
    await eventually(async () => assert.match((await retry(variables, world.orderId)).text, /ended as COMPLETED/));
  });
  assert.deepEqual([world.account.charges, world.announced], [1, ['OrderCreated']]);
});

test('a step that was paused in the Web UI continues after a retry', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
  await insertOrder(orders, { id: world.orderId });
  await withWorker(world.activities, async (taskQueue) => {
    const handle = await startOrder(temporal.client, taskQueue, world);
    await eventually(async () => assert.ok((await handle.describe()).raw.pendingActivities?.[0]?.lastFailure));
    await temporal.client.workflowService.pauseActivity({
      namespace: 'default',
      execution: { workflowId: handle.workflowId },
      type: 'chargeOrder',
    });
    world.billingRecovers();
    await listed(
      installation(taskQueue),
      world.orderId,
      /chargeOrder +\d+ +billing did not answer; paused until an operator retries it/,
    );
    await retry(installation(taskQueue), world.orderId);
    assert.equal((await handle.result()).status, 'SUCCESS');
  });
});

test('a final order that is not announced yet is listed as waiting for that, and a finished one is not listed', async () => {
  const world = createWorld({ loseAnswerOf: { step: 'announceOrder', times: 50 } });
  const done = createWorld();
  await insertOrder(orders, { id: world.orderId, status: 'SUCCESS' });
  await insertOrder(orders, { id: done.orderId, status: 'SUCCESS' });
  await withWorker(world.activities, async (taskQueue) => {
    await awaitOutcome(temporal.client, taskQueue, world);
    await listed(
      installation(taskQueue),
      world.orderId,
      /SUCCESS +\d+ s +announceOrder +\d+ +not announced yet: the answer of announceOrder was lost/,
    );
    await handleOf(world.orderId).terminate();
  });
  await withWorker(done.activities, async (taskQueue) => {
    await awaitOutcome(temporal.client, taskQueue, done);
    await handleOf(done.orderId).result();
    assert.doesNotMatch((await stuck(installation(taskQueue), '--longer-than', '0')).text, new RegExp(done.orderId));
  });
});

test('a workflow without a row is listed as such, with the failure of its worker', async () => {
  const id = randomUUID();
  await withWorker(createWorld().activities, async (taskQueue) => {
    await temporal.client.workflow.start('order', { workflowId: orderWorkflowId(id), taskQueue, args: [null] });
    await listed(
      installation(taskQueue),
      id,
      /no row +\d+ s +- +- +the order has no row; the worker fails its task, attempt \d+: Cannot destructure/,
    );
    assert.equal((await retry(installation(taskQueue), id)).exitCode, 1);
    await handleOf(id).terminate();
    const { exitCode, text } = await retry(installation(taskQueue), id);
    assert.equal(exitCode, 1);
    assert.match(text, /Order .* has no row and its workflow has ended/);
  });
});

test('an order whose row has lost its final status is listed, and a retry runs its workflow again', async () => {
  const world = createWorld();
  await insertOrder(orders, { id: world.orderId, ownerId: world.input.ownerId });
  await withWorker(world.activities, async (taskQueue) => {
    await awaitOutcome(temporal.client, taskQueue, world);
    await handleOf(world.orderId).result();
    await listed(
      installation(taskQueue),
      world.orderId,
      /its workflow ended as COMPLETED, but the order is not finished/,
    );
    assert.match(
      (await retry(installation(taskQueue), world.orderId)).text,
      /had ended as COMPLETED and was started again: the workflow ended as COMPLETED/,
    );
  });
  assert.deepEqual([world.account.charges, world.announced, world.messages.length], [1, ['OrderCreated'], 2]);
});

test('a requested cancellation without a workflow is listed, and a retry starts the workflow', async () => {
  const variables = installation();
  const id = await insertOrder(orders, { status: 'SUCCESS' });
  await orders.query(`update orders set cancel_cause = 'buyer' where id = $1`, [id]);
  await listed(variables, id, /SUCCESS +\S+ +\S+ +cancellation: - +- +no workflow/);
  assert.match((await retry(variables, id)).text, new RegExp(`^cancel-${id} did not exist and was started`));
  await temporal.client.workflow.getHandle(cancelWorkflowId(id)).terminate();
});

test('a new order is not listed as stuck, nor is an order of another installation in the namespace', async () => {
  const id = await insertOrder(orders, { ageS: 1 });
  const world = createWorld();
  await startOrder(temporal.client, `test-${randomUUID()}`, world);
  assert.doesNotMatch((await stuck(installation())).text, new RegExp(id));
  assert.doesNotMatch((await stuck(installation(), '--longer-than', '0')).text, new RegExp(world.orderId));
  await handleOf(world.orderId).terminate();
});
