import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { formatRow } from '../../../operator/order/chapters/row.ts';
import { orderCommand } from '../../../operator/order/command.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { createWorld, type World } from '../../support/fakes/world.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/database.ts';
import { insertOrder } from '../../support/postgres/rows.ts';
import { cancelAndWait, awaitOutcome, env, startOrder, withWorker } from '../../support/temporal/server.ts';
import { temporal } from '../../support/temporal/workflows.ts';

let orders: TestDatabase;

before(async () => {
  orders = await createDatabase('orders');
});
after(async () => {
  await orders.close();
});

const run = (...words: string[]) =>
  orderCommand([...words, '--reason', 'its row was lost'], {
    ORDERS_DATABASE_URL: orders.url,
    TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
  });
const rowOf = async ({ orderId }: Pick<World, 'orderId'>) =>
  (
    await orders.query(
      `select owner_id, price::integer, version, status, first_status, reason, cancel_cause, correlation_id, now() - created_at < '1 minute' as young from orders where id = $1`,
      [orderId],
    )
  )[0];
const closed = (id: string) => temporal.client.workflow.getHandle(id).result();

async function endedOrder(world: World): Promise<void> {
  await withWorker(world.activities, async (taskQueue) => {
    await awaitOutcome(temporal.client, taskQueue, world);
    await closed(orderWorkflowId(world.orderId));
  });
}

test('a finished order is restored with its final status, as the newest order of its buyer', async () => {
  const world = createWorld({ balance: 10 });
  const { ownerId } = world.input;
  await insertOrder(orders, { ownerId, status: 'SUCCESS' });
  await endedOrder(world);
  const restored = await run('restore', world.orderId);
  assert.deepEqual(restored, {
    text: `The row of order ${world.orderId} was recreated from its workflow: FAILED, price 30, version 2. To see what else is missing: npm run audit`,
    exitCode: 0,
  });
  const ended = { status: 'FAILED', first_status: 'FAILED', reason: 'insufficient-funds', cancel_cause: null };
  assert.deepEqual(await rowOf(world), {
    owner_id: ownerId,
    price: 30,
    version: 2,
    ...ended,
    correlation_id: 'test',
    young: true,
  });
  const acts = await orders.query<{ act: string; outcome: string }>(
    'select act, outcome from operator_acts where subject = $1',
    [world.orderId],
  );
  assert.deepEqual(acts, [{ act: 'restore', outcome: `done: ${restored.text}` }]);
});

test('an order that succeeded and was cancelled is restored with both statuses', async () => {
  const world = createWorld();
  await endedOrder(world);
  await withWorker(world.activities, async (taskQueue) => {
    await cancelAndWait(temporal.client, taskQueue, world);
    await closed(cancelWorkflowId(world.orderId));
  });
  assert.equal((await run('restore', world.orderId)).exitCode, 0);
  const { status, first_status, reason, cancel_cause } = (await rowOf(world))!;
  assert.deepEqual([status, first_status, reason, cancel_cause], ['CANCELLED', 'SUCCESS', 'buyer', 'buyer']);
});

test('an open order is restored as IN_PROGRESS, once', async () => {
  const world = createWorld();
  const handle = await startOrder(temporal.client, `test-${randomUUID()}`, world);
  assert.match((await run('cancel', world.orderId)).text, /has no row, so it cannot be cancelled/);
  assert.match(
    (await run('restore', world.orderId)).text,
    /IN_PROGRESS, price 30, version 1. Its workflow continues, or the auditor starts it.$/,
  );
  assert.match((await run('restore', world.orderId)).text, /already has a row \(IN_PROGRESS\). Nothing was written.$/);
  await handle.terminate();
});

test('an open order is restored with the cancellation that waits for its row, and says so', async () => {
  const world = createWorld();
  const taskQueue = `test-${randomUUID()}`;
  const handle = await startOrder(temporal.client, taskQueue, world);
  const cancellation = await temporal.client.workflow.start('cancellation', {
    taskQueue,
    workflowId: cancelWorkflowId(world.orderId),
    args: [{ ...world.input, cause: 'buyer' }],
  });
  assert.match(
    (await run('restore', world.orderId)).text,
    new RegExp(
      `Its row records the cancellation that cancel-${world.orderId} names \\(buyer\\). Its workflow continues`,
    ),
  );
  assert.equal((await rowOf(world))!['cancel_cause'], 'buyer');
  await Promise.all([handle.terminate(), cancellation.terminate()]);
});

test('a workflow that was started for another order restores nothing', async () => {
  const world = createWorld();
  const workflowId = orderWorkflowId(randomUUID());
  const foreign = await temporal.client.workflow.start('order', {
    taskQueue: `test-${randomUUID()}`,
    workflowId,
    args: [world.input],
  });
  const restored = await run('restore', workflowId.replace('order-', ''));
  assert.deepEqual([restored.exitCode, /no longer has a workflow/.test(restored.text)], [1, true]);
  await foreign.terminate();
});

test('an unknown order cannot be restored', async () => {
  const id = randomUUID();
  assert.deepEqual(await run('restore', id), { text: `There is no order ${id}.`, exitCode: 1 });
});

test('recorded operator actions can be neither changed nor deleted', async () => {
  const [act] = await orders.query<{ id: string }>('select id from operator_acts where outcome is not null limit 1');
  for (const change of [`set reason = 'another'`, `set outcome = 'another'`, `set operator = 'another'`]) {
    await assert.rejects(orders.query(`update operator_acts ${change} where id = $1`, [act!.id]), /stays as it is/);
  }
  await assert.rejects(orders.query('delete from operator_acts where id = $1', [act!.id]), /stays/);
  await assert.rejects(orders.query('truncate operator_acts'), /acts stay/);
});

test('of an order without a row, the command says when not to recreate it', () => {
  assert.match(formatRow({ kind: 'missing' }).join('\n'), /if none was restored, .* then do not/);
});
