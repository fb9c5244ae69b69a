/** What operators can do while Temporal or the orders database is unavailable. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderCommand } from '../../../operator/order/command.ts';
import { findStuck } from '../../../operator/order/find-stuck.ts';
import { withTools } from '../../../operator/tools.ts';
import { createWorld } from '../../support/fakes/world.ts';
import { createScripted } from '../../support/postgres/database.ts';
import { insertOrder } from '../../support/postgres/rows.ts';
import { handleOf, installation, listed, orders, retry, stuck, temporal } from '../../support/shop/stuck-orders.ts';
import { startOrder } from '../../support/temporal/server.ts';

const UNREACHABLE_DATABASE = 'postgresql://user:password@127.0.0.1:1/nothing';

test('while Temporal is unavailable, a cancellation is recorded for later and a retry fails', async () => {
  const id = await insertOrder(orders);
  const unavailable = { ...installation(), TEMPORAL_ADDRESS: '127.0.0.1:1', ANSWER_DEADLINE_MS: '200' };
  const cancelled = await orderCommand(['cancel', id, '--reason', 'a test'], unavailable);
  assert.equal(cancelled.exitCode, 0);
  assert.match(cancelled.text, /is still IN_PROGRESS. The cancellation is recorded/);
  assert.deepEqual(await orders.query('select cancel_cause from orders where id = $1', [id]), [
    { cancel_cause: 'operator' },
  ]);
  const retried = await retry(unavailable, id);
  assert.equal(retried.exitCode, 2);
  assert.match(retried.text, /^The command failed: Temporal at 127.0.0.1:1 does not answer/);
});

test('without Temporal the rows are still listed, and without the database the workflows', async () => {
  const id = await insertOrder(orders);
  const { exitCode, text } = await stuck({ ...installation(), TEMPORAL_ADDRESS: '127.0.0.1:1' });
  assert.equal(exitCode, 2);
  assert.match(text, /This list may be incomplete: Temporal at 127.0.0.1:1 does not answer/);
  assert.match(
    text.split('\n').find((line) => line.includes(id))!,
    /IN_PROGRESS +\d+ min +- +- +Temporal at .* does not answer/,
  );

  const taskQueue = `test-${randomUUID()}`;
  const world = createWorld();
  await startOrder(temporal.client, taskQueue, world);
  const variables = { ...installation(taskQueue), ORDERS_DATABASE_URL: UNREACHABLE_DATABASE };
  await listed(variables, world.orderId, /unknown +\d+ s +- +- +no worker has processed its task/);
  assert.match((await stuck(variables)).text, /This list may be incomplete: .*Can't reach database server/);
  const retried = await retry(variables, world.orderId);
  assert.equal(retried.exitCode, 2);
  assert.match(retried.text, /^The command failed: the orders database does not answer: .*reach database server/);
  await handleOf(world.orderId).terminate();
});

test('a database that cannot be used is named with the reason and what to do', async () => {
  const missing = new URL(orders.url);
  missing.pathname = 'never_created';
  const id = randomUUID();
  const refused = await retry({ ...installation(), ORDERS_DATABASE_URL: missing.href }, id);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.text, /the orders database does not answer: .*database "never_created" does not exist/);

  const empty = await createScripted('create table unrelated (id int)');
  const unfit = await retry({ ...installation(), ORDERS_DATABASE_URL: empty }, id);
  assert.equal(unfit.exitCode, 2);
  assert.match(unfit.text, /the orders database refused a statement: .*does not exist.* Run the migrations/);
});

test('if the cancellations cannot be read, the list reports it', async () => {
  const cancelling = () => Promise.reject(new Error('cut off'));
  const { unreadable } = await withTools(installation(), (tools) =>
    findStuck({ ...tools, store: { ...tools.store, cancelling } }, 0),
  );
  assert.deepEqual(unreadable, ['cut off']);
});
