import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { auditCommand } from '../../../operator/audit/command.ts';
import { orderCommand } from '../../../operator/order/command.ts';
import { cancelWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { createBuyer } from '../../support/shop/buyer.ts';
import { acts, because, run, shop, stuckMetric, temporal } from '../../support/shop/operated.ts';

test('an operator cancels an order, and cancelling it again changes nothing', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  const first = await run('cancel', id, ...because('the buyer phoned'));
  assert.deepEqual(
    [first.exitCode, first.text],
    [0, `Order ${id} was SUCCESS and is now CANCELLED (operator). If it was charged, the money has been refunded.`],
  );
  const second = await run('cancel', id, ...because('the buyer phoned twice'));
  assert.deepEqual(
    [second.exitCode, second.text],
    [0, `Order ${id} is already CANCELLED (operator). Nothing was done.`],
  );
  assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['CANCELLED', 100]);
  await temporal.client.workflow.getHandle(cancelWorkflowId(id)).result();
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  assert.equal((await acts(id)).length, 2);
});

test('a cancellation that cannot finish at once finishes later without a further command', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  shop.links.billing.cut();
  const { id, answer } = await buyer.placeOpenOrder(30);
  const { exitCode, text } = await orderCommand(['cancel', id, ...because('it hangs')], {
    ...shop.env,
    ANSWER_DEADLINE_MS: '3000',
  });
  assert.equal(exitCode, 0);
  assert.match(text, /is still IN_PROGRESS. The cancellation is recorded/);
  await eventually(async () =>
    assert.match((await run('--stuck', '--longer-than', '0')).text, new RegExp(`${id} .* cancellation: cancelCharge`)),
  );
  await eventually(async () => assert.equal((await stuckMetric())['cancellation'], '1'));
  shop.links.billing.heal();
  await eventually(async () => assert.equal((await buyer.readOrder(id)).body.status, 'CANCELLED'));
  await answer;
  assert.equal(await buyer.balance(), 100);
});

test('a failed order cannot be cancelled, and the attempt is recorded', async () => {
  const buyer = await createBuyer(shop.url, { balance: 1 });
  const { orderId } = (await buyer.order(30, { ifMatch: 0 })).body;
  const { exitCode, text } = await run('cancel', orderId, ...because('no idea'));
  assert.equal(exitCode, 1);
  assert.match(text, /has FAILED \(insufficient-funds\): no money was taken for it/);
  assert.match((await acts(orderId))[0]!.outcome, /^refused: /);
});

test('a command for an unknown order does nothing and records nothing', async () => {
  const id = randomUUID();
  for (const act of ['retry', 'cancel'])
    assert.deepEqual(await run(act, id, ...because('a test')), { text: `There is no order ${id}.`, exitCode: 1 });
  assert.deepEqual(await acts(id), []);
});

test('a cancellation that cannot be recorded does not happen', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await shop.databases.orders.query('alter table operator_acts rename to operator_acts_away');
  const { exitCode, text } = await run('cancel', id, ...because('a test'));
  await shop.databases.orders.query('alter table operator_acts_away rename to operator_acts');
  assert.equal(exitCode, 2);
  assert.match(text, /^The command failed: /);
  assert.equal((await buyer.readOrder(id)).body.status, 'SUCCESS');
});

test('after these cancellations the audit finds no violation', async () => {
  const { exitCode, text } = await auditCommand([], shop.env);
  assert.equal(exitCode, 0, text);
});
