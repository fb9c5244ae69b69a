/** The order workflow on a real Temporal server, with the real activities and a far side that fails in every way that matters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelWorkflowId, chargeKey, orderEventId, orderWorkflowId } from '../specs/identity.ts';
import { temporal } from './support/saga-temporal.ts';
import { askOutcome, startOrder, withWorker } from './support/temporal.ts';
import { createWorld, type Step, type World } from './support/world.ts';

/** Takes an order from its placing to the close of its workflow. Answers what the caller got. */
const runOrder = (world: World) =>
  withWorker(world.activities, async (taskQueue) => {
    const answered = await askOutcome(temporal.client, taskQueue, world);
    const closed = await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
    assert.deepEqual(closed, answered, 'the workflow ends with what the caller was told');
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

  test(`an order that is too dear fails and says why (${charge})`, async () => {
    const world = createWorld({ charge, balance: 10 });
    assert.deepEqual(await runOrder(world), { orderId: world.orderId, status: 'FAILED', reason: 'insufficient-funds' });
    assert.deepEqual([world.account.charges, world.account.balance, world.announced], [0, 10, ['OrderRejected']]);
  });

  // The step takes effect and its answer is lost, for good: the case that only a design of repeatable steps survives.
  for (const step of ['chargeOrder', 'settleOrder', 'announceOrder'] satisfies Step[]) {
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

// Each of these leaves the charge unknown: it is asked for again under the same key, and no order fails by it, neither by the first,
// short try nor by those that follow it.
for (const status of [400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504]) {
  test(`when billing answers ${status} without a definite no, the charge is asked for again`, async () => {
    const world = createWorld({ billingAnswersFirst: [status, status] });
    assert.equal((await runOrder(world)).status, 'SUCCESS');
    assert.deepEqual([world.account.asked, world.account.charges], [3, 1]);
  });
}

test('an order that is cancelled by an operator while billing is silent ends CANCELLED under a tombstone', async () => {
  const world = createWorld({ silentCharge: { takesEffect: true }, charge: 'regular' });
  await withWorker(world.activities, async (taskQueue) => {
    const answered = askOutcome(temporal.client, taskQueue, world);
    while (world.account.asked === 0) await new Promise((resolve) => setImmediate(resolve));
    await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).cancel();
    assert.deepEqual(await answered, { orderId: world.orderId, status: 'CANCELLED', reason: 'operator' });
    await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
  });
  assert.deepEqual(
    [world.account.outcome?.outcome, world.account.balance, world.announced],
    ['REFUNDED', 100, ['OrderCancelled']],
  );
});

test('fifty callers of one order get one outcome, and it is charged once', async () => {
  const world = createWorld();
  const answers = await withWorker(world.activities, (taskQueue) =>
    Promise.all(Array.from({ length: 50 }, () => askOutcome(temporal.client, taskQueue, world))),
  );
  assert.deepEqual([new Set(answers.map(({ status }) => status)).size, world.account.charges], [1, 1]);
});

test('a closed order answers from its history, with no worker', async () => {
  const world = createWorld();
  const first = await withWorker(world.activities, async (taskQueue) => {
    const answered = await askOutcome(temporal.client, taskQueue, world);
    await temporal.client.workflow.getHandle(orderWorkflowId(world.orderId)).result();
    return answered;
  });
  assert.deepEqual(await askOutcome(temporal.client, 'nobody-polls-this', world), first);
});

test('an order that was terminated before it was announced is announced by a new run, and charged no more', async () => {
  const world = createWorld({ loseAnswerOf: { step: 'settleOrder', times: Infinity }, charge: 'regular' });
  const handle = temporal.client.workflow.getHandle(orderWorkflowId(world.orderId));
  await withWorker(world.activities, async (taskQueue) => {
    await start(taskQueue, world);
    while (world.row.status === 'IN_PROGRESS') await new Promise((resolve) => setImmediate(resolve));
    await handle.terminate('a test');
  });
  const answered = await withWorker(world.keepingPromises(), (taskQueue) =>
    start(taskQueue, world).then(() => handle.result()),
  );
  assert.deepEqual(
    [(answered as { status: string }).status, world.account.charges, world.announced],
    ['SUCCESS', 1, ['OrderCreated']],
  );
});

test('the history tells the story in plain words, and holds nothing about a person', async () => {
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

test("the ids of an order's two workflows are made from the order id alone", () => {
  assert.deepEqual([orderWorkflowId('A'), cancelWorkflowId('A')], ['order-a', 'cancel-a']);
});
