import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { SearchAttributePair } from '@temporalio/common';
import { orderCommand } from '../../../operator/order/command.ts';
import { chargeKey } from '../../../specs/identity.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { without } from '../../support/postgres/damage.ts';
import { insertOrder } from '../../support/postgres/rows.ts';
import {
  assertNoDrift,
  audit,
  broken,
  buyer,
  cancelled,
  damaged,
  failed,
  paid,
  shop,
  sql,
  temporal,
} from '../../support/shop/audited.ts';

test('an audit names the order of a charge without an order row if the workflow still exists', async () => {
  const { text } = await damaged('orders', without('orders', `id = '${paid}'`), () => audit());
  assert.match(
    text,
    new RegExp(`^I7 +order ${paid} of buyer ${buyer.id}: billing has .* under the key ${chargeKey(paid)}`, 'm'),
  );
});

test('an audit reports a terminated, hanging or deleted workflow as I8 until a retry completes it', async () => {
  const { workflow, workflowService } = temporal.client;
  const buyerAttribute = [{ key: { name: 'OrderOwner', type: 'KEYWORD' as const }, value: buyer.id }];
  const options = {
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    taskQueue: shop.env['TEMPORAL_TASK_QUEUE']!,
    startDelay: '1h',
    args: [{}],
  } as const;
  const startAgain = (...more: SearchAttributePair[]) =>
    workflow.start('order', {
      ...options,
      workflowId: orderWorkflowId(failed),
      typedSearchAttributes: [...buyerAttribute, ...more],
    });
  // A workflow that still has to announce the final status explains the missing notification.
  await sql('notifications', `delete from notifications where order_id = '${failed}'`);
  const announcing = await startAgain({ key: { name: 'OrderStatus', type: 'KEYWORD' }, value: 'FAILED' });
  await eventually(async () => assert.match((await audit()).text, /^Buyers: \d+, orders: \d+, in progress: 1\n/));
  assert.deepEqual(await broken(), []);
  await announcing.terminate();
  const hanging = await startAgain({ key: { name: 'OrderStatus', type: 'KEYWORD' }, value: 'IN_PROGRESS' });
  await eventually(async () =>
    assert.match(
      (await audit()).text,
      new RegExp(
        `^I8 +order ${failed} of buyer ${buyer.id}: workflow order-${failed} is RUNNING; .* with FAILED$`,
        'm',
      ),
    ),
  );
  assert.deepEqual(await broken(), ['I8', 'I15']);
  await hanging.terminate();
  await eventually(async () => assert.deepEqual(await broken(), ['I8', 'I15']));
  assert.match(
    (await audit()).text,
    new RegExp(
      `^I8 +order ${failed} of buyer ${buyer.id}: workflow order-${failed} is TERMINATED; .* with FAILED$`,
      'm',
    ),
  );
  await eventually(async () =>
    assert.equal((await orderCommand(['retry', failed, '--reason', 'terminated by hand'], shop.env)).exitCode, 0),
  );
  await assertNoDrift();

  await workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: cancelWorkflowId(cancelled) },
  });
  await eventually(async () =>
    assert.match(
      (await audit()).text,
      new RegExp(`^I8 .*: workflow ${cancelWorkflowId(cancelled)} does not exist`, 'm'),
    ),
  );
  await eventually(async () =>
    assert.equal((await orderCommand(['retry', cancelled, '--reason', 'deleted by hand'], shop.env)).exitCode, 0),
  );
  await assertNoDrift();
});

test('an audit accepts a missing workflow if the order is older than the retention of Temporal', async () => {
  const ownerId = randomUUID();
  const id = await insertOrder(shop.databases.orders, { ownerId, status: 'FAILED', ageS: 400 * 86_400 });
  await sql(
    'billing',
    `insert into outcomes (owner_id, scope, idempotency_key, kind, outcome, cause) values ('${ownerId}', 'order', '${chargeKey(id)}', 'withdrawal', 'CANCELLED', 'deadline')`,
  );
  await sql(
    'notifications',
    `insert into notifications (id, user_id, order_id, event_name, message, correlation_id, status) values ('${randomUUID()}', '${ownerId}', '${id}', 'OrderRejected', 'm', 'c', 'SENT')`,
  );
  assert.deepEqual(await broken(), []);
  await sql('orders', 'alter table orders disable trigger all');
  await sql('orders', `update orders set created_at = now() where id = '${id}'`);
  assert.deepEqual(await broken(), ['I8']);
  await sql('orders', `delete from orders where id = '${id}'`);
  await sql('orders', 'alter table orders enable trigger all');
  await sql('billing', `delete from outcomes where owner_id = '${ownerId}'`);
  await sql('notifications', `delete from notifications where user_id = '${ownerId}'`);
  await assertNoDrift();
});
