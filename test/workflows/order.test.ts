import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chargeKey, orderEventId } from '../../specs/identity.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import { stepsOf } from '../../workflows/step-table.ts';
import { createWorld, type World } from '../support/fakes/world.ts';
import { awaitOutcome, startOrder, withWorker } from '../support/temporal/server.ts';
import { temporal } from '../support/temporal/workflows.ts';

const runOrder = (world: World) =>
  withWorker(world.activities, async (taskQueue) => {
    const answered = await awaitOutcome(temporal.client, taskQueue, world);
    const closed = await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
    assert.deepEqual(closed, answered, 'the workflow returns what the caller got');
    return answered;
  });

const start = (taskQueue: string, world: World) => startOrder(temporal.client, taskQueue, world);

for (const charge of ['local', 'regular'] as const) {
  test(`an order is charged, settled and announced once (${charge})`, async () => {
    const world = createWorld({ charge });
    assert.deepEqual(await runOrder(world), { orderId: world.orderId, status: 'SUCCESS', reason: null });
    assert.deepEqual(
      [world.account.charges, world.account.balance, world.row.status, world.announced],
      [1, 70, 'SUCCESS', ['OrderCreated']],
    );
    assert.deepEqual(
      world.messages.map(({ key, topic, headers }) => [key, topic, headers['eventId']]),
      [[world.orderId, 'order-service.OrderCreated', orderEventId(world.orderId, 'OrderCreated')]],
    );
  });

  test(`an order above the balance fails with its reason (${charge})`, async () => {
    const world = createWorld({ charge, balance: 10 });
    assert.deepEqual(await runOrder(world), { orderId: world.orderId, status: 'FAILED', reason: 'insufficient-funds' });
    assert.deepEqual([world.account.charges, world.account.balance, world.announced], [0, 10, ['OrderRejected']]);
  });

  for (const step of stepsOf('order')) {
    test(`when the answer of ${step} is lost three times, the order ends SUCCESS with one charge and one announcement (${charge})`, async () => {
      const world = createWorld({ charge, loseAnswerOf: { step, times: 3 } });
      assert.equal((await runOrder(world)).status, 'SUCCESS');
      assert.deepEqual(
        [world.account.charges, world.account.balance, world.row.status, world.announced],
        [1, 70, 'SUCCESS', ['OrderCreated']],
      );
    });
  }
}

// Whether the charge happened is unknown, so every attempt, local or regular, sends the same key.
for (const status of [400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504]) {
  test(`when billing answers ${status} without a definite refusal, the charge is retried`, async () => {
    const world = createWorld({ billingAnswersFirst: [status, status] });
    assert.equal((await runOrder(world)).status, 'SUCCESS');
    assert.deepEqual([world.account.chargeRequests, world.account.charges], [3, 1]);
  });
}

test('an order that an operator cancels while billing is silent becomes CANCELLED and is refunded', async () => {
  const world = createWorld({ silentCharge: { takesEffect: true }, charge: 'regular' });
  await withWorker(world.activities, async (taskQueue) => {
    const answered = awaitOutcome(temporal.client, taskQueue, world);
    while (world.account.chargeRequests === 0) await new Promise((resolve) => setImmediate(resolve));
    await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).cancel();
    assert.deepEqual(await answered, { orderId: world.orderId, status: 'CANCELLED', reason: 'operator' });
    await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
  });
  assert.deepEqual(
    [world.account.outcome?.outcome, world.account.balance, world.announced],
    ['REFUNDED', 100, ['OrderCancelled']],
  );
});

test('fifty callers of one order get the same outcome, and the order is charged once', async () => {
  const world = createWorld();
  const answers = await withWorker(world.activities, (taskQueue) =>
    Promise.all(Array.from({ length: 50 }, () => awaitOutcome(temporal.client, taskQueue, world))),
  );
  assert.deepEqual([new Set(answers.map(({ status }) => status)).size, world.account.charges], [1, 1]);
});

test('the outcome of a closed workflow is available without a worker', async () => {
  const world = createWorld();
  const first = await withWorker(world.activities, async (taskQueue) => {
    const answered = await awaitOutcome(temporal.client, taskQueue, world);
    await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
    return answered;
  });
  assert.deepEqual(await awaitOutcome(temporal.client, 'queue-without-a-worker', world), first);
});

test('an order terminated before its announcement is announced by a new run, without a second charge', async () => {
  const world = createWorld({ loseAnswerOf: { step: 'settleOrder', times: Infinity }, charge: 'regular' });
  const handle = temporal.client.workflow.getHandle(orderWorkflowId(world.orderId));
  await withWorker(world.activities, async (taskQueue) => {
    await start(taskQueue, world);
    while (world.row.status === 'IN_PROGRESS') await new Promise((resolve) => setImmediate(resolve));
    await handle.terminate('a test');
  });
  const answered = await withWorker(world.withoutFaults(), (taskQueue) =>
    start(taskQueue, world).then(() => handle.result()),
  );
  assert.deepEqual(
    [(answered as { status: string }).status, world.account.charges, world.announced],
    ['SUCCESS', 1, ['OrderCreated']],
  );
});

test('the history names each step in plain words', async () => {
  const world = createWorld({ charge: 'regular' });
  await runOrder(world);
  const handle = temporal.client.workflow.getHandle(orderWorkflowId(world.orderId));
  const { events } = await handle.fetchHistory();
  const summaries = events!.flatMap(({ userMetadata }) =>
    userMetadata?.summary?.data ? [JSON.parse(Buffer.from(userMetadata.summary.data).toString())] : [],
  );
  assert.deepEqual(summaries, [
    `charge 30 under key ${chargeKey(world.orderId)}`,
    'write SUCCESS to the order',
    'announce that the order is SUCCESS',
  ]);
  const { searchAttributes } = await handle.describe();
  assert.deepEqual(searchAttributes['OrderStatus' as never], ['SUCCESS']);
});

test("the ids of an order's two workflows are derived from the order id alone", () => {
  assert.deepEqual([orderWorkflowId('A'), cancelWorkflowId('A')], ['order-a', 'cancel-a']);
});
