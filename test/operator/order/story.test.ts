/** `npm run order <id>` for open, incomplete, unreadable and unknown orders. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorld } from '../../support/fakes/world.ts';
import { databases, placeRow, runOrder, runOrderComplete } from '../../support/shop/order-command.ts';
import { startOrder, withWorker } from '../../support/temporal/server.ts';
import { temporal } from '../../support/temporal/workflows.ts';

const UNREACHABLE_DATABASE = 'postgresql://user:password@127.0.0.1:1/nothing';

test('for an open order the command shows the current attempt and why the last one failed', async () => {
  const world = createWorld({ charge: 'regular', billingAnswersFirst: Array.from({ length: 20 }, () => 503) });
  await placeRow(world.input, 'IN_PROGRESS');
  await withWorker(world.activities, async (taskQueue) => {
    const workflow = await startOrder(temporal.client, taskQueue, world);
    while (!(await workflow.describe()).raw.pendingActivities?.[0]?.lastFailure) await sleep(50);
    const { code, out } = await runOrderComplete(world.orderId);
    await workflow.terminate('the test has seen enough');
    assert.equal(code, 0, out);
    assert.match(
      out,
      /RUNNING[^]*chargeOrder: charge 30 under key[^]*pending: chargeOrder, attempt \d+, due at \+[\d.]+ m?s; last failure: billing answered 503/,
    );
    assert.match(out, /none yet: billing/);
  });
});

test('the command shows which parts it could not read, and all other parts', async () => {
  const orderId = randomUUID();
  await placeRow({ orderId, ownerId: randomUUID() }, 'IN_PROGRESS');
  const unavailable = {
    ORDERS_DATABASE_URL: databases.orders.url,
    BILLING_DATABASE_URL: UNREACHABLE_DATABASE,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    KAFKA_BROKERS: '127.0.0.1:1',
  };
  const { code, out, complaint } = await runOrder([orderId], unavailable);
  assert.deepEqual([code, complaint], [2, ''], out);
  for (const words of [
    'status           IN_PROGRESS',
    "could not be read: Can't reach database server",
    'could not be read: Temporal at 127.0.0.1:1 does not answer',
    'could not be read: Connection error',
    'could not be read: NOTIFICATIONS_DATABASE_URL is not set',
  ]) {
    assert.ok(out.includes(words), `"${words}" is missing:\n${out}`);
  }
  const unknown = await runOrder([randomUUID()], unavailable);
  const rowless = await runOrder([orderId], { ...unavailable, ORDERS_DATABASE_URL: UNREACHABLE_DATABASE });
  assert.deepEqual([unknown.code, unknown.out, rowless.code, rowless.complaint], [2, '', 2, '']);
  assert.match(rowless.out, /could not be read: Can't reach database server/);
  assert.match(unknown.complaint, /^Order .* has no row\. .* could not be read: Temporal at .* does not answer/);
});

test('parts that should exist but do not are shown as missing', async () => {
  const orderId = randomUUID();
  await placeRow({ orderId, ownerId: randomUUID() }, 'CANCELLED', 'buyer');
  const { code, out } = await runOrderComplete(orderId);
  assert.deepEqual([code, out.match(/missing:/g)?.length], [0, 5], out);
  assert.match(out, new RegExp(`requested by the buyer[^]*Workflow cancel-${orderId}`));
});

test('an unknown order and an invalid id give different exit codes and messages', async () => {
  const unknown = randomUUID();
  assert.deepEqual(await runOrderComplete(unknown), { code: 1, out: `There is no order ${unknown}.\n`, complaint: '' });
  for (const words of [[], ['123'], [unknown, unknown]]) {
    const { code, out, complaint } = await runOrder(words);
    assert.deepEqual([code, out], [2, '']);
    assert.match(complaint, /Usage: npm run order <order id>/);
  }
});
