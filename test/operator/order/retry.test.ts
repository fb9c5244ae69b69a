import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { auditCommand } from '../../../operator/audit/command.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { withoutCharges } from '../../support/postgres/without-charges.ts';
import { createBuyer } from '../../support/shop/buyer.ts';
import { acts, because, handleOf, run, shop, stuckMetric, temporal } from '../../support/shop/operated.ts';

test('an order stuck on an unavailable billing succeeds when retried after billing is back, with one charge', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  shop.links.billing.cut();
  const { id, answer } = await buyer.placeOpenOrder(30);
  await eventually(async () =>
    assert.match(
      (await run('--stuck', '--longer-than', '0')).text,
      new RegExp(`${id} +IN_PROGRESS .* chargeOrder +[2-9] .* in [1-9]\\d* s`),
    ),
  );
  await eventually(async () =>
    assert.deepEqual(await stuckMetric(), { outcome: '1', announcement: '0', cancellation: '0' }),
  );
  assert.match((await run('--stuck')).text, new RegExp(`^Orders stuck for longer than 1 s: 1\n.*\n +${id}`));
  assert.match((await run('--stuck', '--longer-than', '60')).text, /^No order has been stuck for longer than 60 s.$/);
  assert.match((await run('retry', id, ...because('has it come back?'))).text, /chargeOrder failed again/);

  shop.links.billing.heal();
  const { exitCode, text } = await run('retry', id, ...because('billing is back', '--operator', 'ada'));
  assert.equal(exitCode, 0);
  assert.match(text, /the workflow ended as COMPLETED/);
  await answer;
  assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['SUCCESS', 70]);
  assert.deepEqual(
    (await acts(id)).map(({ operator, act, reason, outcome }) => [operator, act, reason, outcome.split(':')[0]]),
    [
      [userInfo().username, 'retry', 'has it come back?', 'done'],
      ['ada', 'retry', 'billing is back', 'done'],
    ],
  );
  const story = await run(id);
  assert.match(
    story.text,
    /Operator actions\n +\S+ m?s +retry +.+: "has it come back\?"; done: [^]*retry +ada: "billing is back"; done: /,
  );
});

test('a successful order is retried only with --again, which charges and notifies no second time', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await handleOf(id).result();
  const refused = await run('retry', id, ...because('just so'));
  assert.equal(refused.exitCode, 1);
  assert.match(refused.text, /is SUCCESS and .* completed, so there is nothing to retry.*--again/);
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 1));
  const retried = await run('retry', id, ...because('I insist'), '--again');
  assert.match(retried.text, /had ended as COMPLETED and was started again: the workflow ended as COMPLETED/);
  assert.deepEqual(
    [await buyer.balance(), (await buyer.ledger()).body.length, (await buyer.notifications()).body.length],
    [70, 2, 1],
  );
  assert.deepEqual(
    (await acts(id)).map(({ outcome }) => outcome.split(':')[0]),
    ['refused', 'done'],
  );
});

test('if a workflow was terminated before the buyer was notified, a retry notifies the buyer', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  shop.links.kafka.cut();
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await eventually(async () =>
    assert.match((await run('--stuck', '--longer-than', '0')).text, new RegExp(`${id} +SUCCESS .*not announced yet`)),
  );
  await eventually(async () =>
    assert.deepEqual(await stuckMetric(), { outcome: '0', announcement: '1', cancellation: '0' }),
  );
  await handleOf(id).terminate();
  shop.links.kafka.heal();
  assert.match(
    (await run('retry', id, ...because('it was terminated by mistake'))).text,
    /had ended as TERMINATED and was started again/,
  );
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 1));
});

test('if notifications of a cancelled order are lost, a retry sends both again', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await run('cancel', id, ...because('the buyer phoned'));
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  await shop.databases.notifications.query('delete from notifications where order_id = $1', [id]);

  const refused = await run('retry', id, ...because('just so'));
  assert.match(refused.text, new RegExp(`cancel-${id} and order-${id} completed, so there is nothing to retry`));
  const retried = await run('retry', id, ...because('their backup was older'), '--again');
  assert.match(
    retried.text,
    new RegExp(
      `^cancel-${id} had ended as COMPLETED and was started again.*\\norder-${id} had ended as COMPLETED and was started again`,
    ),
  );
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  assert.equal((await handleOf(id).result()).status, 'SUCCESS');
  assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['CANCELLED', 100]);
});

test('a retry never charges an unpaid order, even if billing has lost its outcome', async () => {
  const poor = await createBuyer(shop.url, { balance: 1 });
  const failed = (await poor.order(30, { ifMatch: 0 })).body.orderId;
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id: cancelled, answer } = await withoutCharges(shop, buyer, async () => {
    const open = await buyer.placeOpenOrder(30);
    assert.equal((await run('cancel', open.id, ...because('it hangs'))).exitCode, 0);
    return open;
  });
  await run('retry', cancelled, ...because('it waits to ask billing once more'));
  await answer;
  for (const id of [orderWorkflowId(failed), orderWorkflowId(cancelled), cancelWorkflowId(cancelled)])
    await temporal.client.workflow.getHandle(id).result();

  await poor.topUp(100);
  await shop.databases.billing.query(`delete from outcomes where owner_id in ($1, $2) and scope = 'order'`, [
    poor.id,
    buyer.id,
  ]);
  for (const id of [failed, cancelled]) {
    const retried = new RegExp(`^order-${id} had ended as COMPLETED and was started again`);
    await eventually(async () =>
      assert.match((await run('retry', id, ...because('billing was restored'), '--again')).text, retried),
    );
  }
  assert.deepEqual([await poor.balance(), await buyer.balance()], [101, 100]);
  assert.deepEqual(
    [(await poor.readOrder(failed)).body.status, (await buyer.readOrder(cancelled)).body.status],
    ['FAILED', 'CANCELLED'],
  );
});

test('after these retries the audit finds no violation', async () => {
  const { exitCode, text } = await auditCommand([], shop.env);
  assert.equal(exitCode, 0, text);
});
