/** The list of orders that do not get on, and what retrying does to them: over real rows and a real Temporal, with nothing else running. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { findStuck } from '../bin/operator/find-stuck.ts';
import { orderCommand } from '../bin/operator/order-command.ts';
import { withTools } from '../bin/operator/tools.ts';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';
import { createDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { insertOrder } from './support/rows.ts';
import { askOutcome, env, realTemporal, silentRuntime, startOrder, withWorker } from './support/temporal.ts';
import { createWorld } from './support/world.ts';

const nowhere = 'postgresql://nobody:nothing@127.0.0.1:1/nothing';
silentRuntime();
const temporal = realTemporal();
const orders = await createDatabase('orders');
after(async () => {
  await temporal.close();
  await orders.close();
});

/** The variables of an installation whose workflows are on this queue. */
const installation = (taskQueue = `test-${randomUUID()}`) => ({
  ORDERS_DATABASE_URL: orders.url,
  TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
  TEMPORAL_TASK_QUEUE: taskQueue,
});
const stuck = (variables: Record<string, string>, ...words: string[]) => orderCommand(['--stuck', ...words], variables);
const retry = (variables: Record<string, string>, id: string, ...words: string[]) =>
  orderCommand(['retry', id, '--reason', 'a test', ...words], variables);
const handleOf = (id: string) => temporal.client.workflow.getHandle(orderWorkflowId(id));

/** What the list says of an order, once it says that. */
const listed = (variables: Record<string, string>, id: string, pattern: RegExp) =>
  eventually(async () => {
    const { text } = await stuck(variables, '--longer-than', '0');
    assert.match(text.split('\n').find((line) => line.includes(id)) ?? text, pattern);
  });

test('an order without a workflow is listed as that, and retrying starts it, once', async () => {
  const variables = installation();
  const id = await insertOrder(orders);
  await listed(variables, id, /IN_PROGRESS +\d+ min +- +- +no workflow/);
  const first = await retry(variables, id);
  assert.deepEqual(
    [first.exitCode, first.text],
    [0, `order-${id} did not exist, and was started: it is still under way.`],
  );
  await listed(variables, id, /IN_PROGRESS +\d+ min +- +- +no worker has taken its turn/);
  const second = await retry(variables, id);
  assert.equal(second.exitCode, 1);
  assert.match(second.text, /waits for a worker/);
  assert.equal(
    (await handleOf(id).fetchHistory()).events?.filter((event) => event.workflowExecutionStartedEventAttributes).length,
    1,
  );
  await handleOf(id).terminate();
});

test('a workflow that was terminated is listed as that, and retrying starts it again', async () => {
  const variables = installation();
  const id = await insertOrder(orders);
  await retry(variables, id);
  await handleOf(id).terminate();
  await listed(variables, id, /its workflow has ended, TERMINATED, and the order has not/);
  const { exitCode, text } = await retry(variables, id);
  assert.equal(exitCode, 0);
  assert.match(text, /had ended as TERMINATED, and was started/);
  assert.equal((await handleOf(id).describe()).status.name, 'RUNNING');
  await handleOf(id).terminate();
});

test('a step that is retried is listed with its tries and its last failure; retrying tries it at once', async () => {
  const world = createWorld({ charge: 'regular', silentCharge: { takesEffect: false } });
  await insertOrder(orders, { id: world.orderId, ownerId: world.input.ownerId });
  await withWorker(world.activities, async (taskQueue) => {
    const variables = installation(taskQueue);
    await startOrder(temporal.client, taskQueue, world);
    await listed(
      variables,
      world.orderId,
      /IN_PROGRESS +\d+ min +chargeOrder +\d+ +billing did not answer; the next try is in \d+ s/,
    );
    const told = await retry(variables, world.orderId);
    assert.equal(told.exitCode, 0);
    assert.match(
      told.text,
      /was at chargeOrder, attempt \d+ after "billing did not answer". It is tried now: chargeOrder failed once more: billing did not answer/,
    );
    world.billingSpeaks();
    await eventually(async () => assert.match((await retry(variables, world.orderId)).text, /ended, COMPLETED/));
  });
  assert.deepEqual([world.account.charges, world.announced], [1, ['OrderCreated']]);
});

test('a step that was paused in the Web UI goes on when it is retried', async () => {
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
    world.billingSpeaks();
    await listed(installation(taskQueue), world.orderId, /chargeOrder +\d+ +billing did not answer; it is paused/);
    await retry(installation(taskQueue), world.orderId);
    assert.equal((await handle.result()).status, 'SUCCESS');
  });
});

test('an order that is final and not announced yet is listed by what it waits for, and one that has ended is not', async () => {
  const world = createWorld({ loseAnswerOf: { step: 'announceOrder', times: 50 } });
  const done = createWorld();
  await insertOrder(orders, { id: world.orderId, status: 'SUCCESS' });
  await insertOrder(orders, { id: done.orderId, status: 'SUCCESS' });
  await withWorker(world.activities, async (taskQueue) => {
    await askOutcome(temporal.client, taskQueue, world);
    await listed(
      installation(taskQueue),
      world.orderId,
      /SUCCESS +\d+ s +announceOrder +\d+ +not announced yet: the answer of announceOrder was lost/,
    );
    await handleOf(world.orderId).terminate();
  });
  await withWorker(done.activities, async (taskQueue) => {
    await askOutcome(temporal.client, taskQueue, done);
    await handleOf(done.orderId).result();
    assert.doesNotMatch((await stuck(installation(taskQueue), '--longer-than', '0')).text, new RegExp(done.orderId));
  });
});

test('a workflow whose order is not in the database is listed as that, and so is a worker that cannot go on', async () => {
  const id = randomUUID();
  await withWorker(createWorld().activities, async (taskQueue) => {
    await temporal.client.workflow.start('order', { workflowId: orderWorkflowId(id), taskQueue, args: [null] });
    await listed(
      installation(taskQueue),
      id,
      /no row +\d+ s +- +- +there is no row of this order; the worker cannot go on, attempt \d+: Cannot destructure/,
    );
    assert.equal((await retry(installation(taskQueue), id)).exitCode, 1);
    await handleOf(id).terminate();
    const { exitCode, text } = await retry(installation(taskQueue), id);
    assert.equal(exitCode, 1);
    assert.match(text, /There is no row of order .* and its workflow has ended/);
  });
});

test('an order that its database has forgotten the end of is listed, and retrying has its workflow repeat it', async () => {
  const world = createWorld();
  await insertOrder(orders, { id: world.orderId, ownerId: world.input.ownerId });
  await withWorker(world.activities, async (taskQueue) => {
    await askOutcome(temporal.client, taskQueue, world);
    await handleOf(world.orderId).result();
    await listed(installation(taskQueue), world.orderId, /its workflow has ended, COMPLETED, and the order has not/);
    assert.match(
      (await retry(installation(taskQueue), world.orderId)).text,
      /had ended as COMPLETED, and was started: the workflow has ended, COMPLETED/,
    );
  });
  assert.deepEqual([world.account.charges, world.announced, world.messages.length], [1, ['OrderCreated'], 2]);
});

test('a cancellation that was asked for and has no workflow is listed, and retrying starts it', async () => {
  const variables = installation();
  const id = await insertOrder(orders, { status: 'SUCCESS' });
  await orders.query(`update orders set cancel_cause = 'buyer' where id = $1`, [id]);
  await listed(variables, id, /SUCCESS +\S+ +\S+ +cancellation: - +- +no workflow/);
  assert.match((await retry(variables, id)).text, new RegExp(`^cancel-${id} did not exist, and was started`));
  await temporal.client.workflow.getHandle(cancelWorkflowId(id)).terminate();
});

test('an order that was placed a moment ago is not stuck, and other installations in the namespace are not looked at', async () => {
  const id = await insertOrder(orders, { ageS: 1 });
  const world = createWorld();
  await startOrder(temporal.client, `test-${randomUUID()}`, world);
  assert.doesNotMatch((await stuck(installation())).text, new RegExp(id));
  assert.doesNotMatch((await stuck(installation(), '--longer-than', '0')).text, new RegExp(world.orderId));
  await handleOf(world.orderId).terminate();
});

test('without Temporal an order is to be cancelled all the same, and nothing is retried', async () => {
  const id = await insertOrder(orders);
  const away = { ...installation(), TEMPORAL_ADDRESS: '127.0.0.1:1', ANSWER_DEADLINE_MS: '200' };
  const cancelled = await orderCommand(['cancel', id, '--reason', 'a test'], away);
  assert.equal(cancelled.exitCode, 0);
  assert.match(cancelled.text, /is still IN_PROGRESS. That it is to be cancelled is written down/);
  assert.deepEqual(await orders.query('select cancel_cause from orders where id = $1', [id]), [
    { cancel_cause: 'operator' },
  ]);
  const retried = await retry(away, id);
  assert.equal(retried.exitCode, 2);
  assert.match(retried.text, /^That could not be done: Temporal at 127.0.0.1:1 does not answer/);
});

test('without Temporal the rows are listed all the same, and without the database the workflows', async () => {
  const id = await insertOrder(orders);
  const { exitCode, text } = await stuck({ ...installation(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
  assert.equal(exitCode, 2);
  assert.match(text, /Not all is known: Temporal at 127.0.0.1:1 does not answer/);
  assert.match(
    text.split('\n').find((line) => line.includes(id))!,
    /IN_PROGRESS +\d+ min +- +- +Temporal at .* does not answer/,
  );

  const taskQueue = `test-${randomUUID()}`;
  const world = createWorld();
  await startOrder(temporal.client, taskQueue, world);
  const variables = { ...installation(taskQueue), ORDERS_DATABASE_URL: nowhere };
  await listed(variables, world.orderId, /not read +\d+ s +- +- +no worker has taken its turn/);
  assert.match((await stuck(variables)).text, /Not all is known: .*Can't reach database server/);
  const tried = await retry(variables, world.orderId);
  assert.equal(tried.exitCode, 2);
  assert.match(tried.text, /^That could not be done: the orders database does not answer: .*reach database server/);
  await handleOf(world.orderId).terminate();
});

test('that nothing is known of cancellations is said', async () => {
  const cancelling = () => Promise.reject(new Error('cut off'));
  const { unread } = await withTools(installation(), (tools) =>
    findStuck({ ...tools, store: { ...tools.store, cancelling } }, 0),
  );
  assert.deepEqual(unread, ['cut off']);
});
