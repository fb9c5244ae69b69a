import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { auditCommand } from '../../../operator/audit/command.ts';
import { orderCommand } from '../../../operator/order/command.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { eventually } from '../../support/eventually.ts';
import { withoutCharges } from '../../support/postgres/without-charges.ts';
import { createBuyer, type Buyer } from '../../support/shop/buyer.ts';
import { startLinkedShop, type LinkedShop } from '../../support/shop/linked.ts';
import { realTemporal } from '../../support/temporal/server.ts';

const temporal = realTemporal();
let shop: LinkedShop;

before(async () => {
  shop = await startLinkedShop({});
});
after(async () => {
  await shop?.stop();
  await temporal.close();
});

const cancel = ({ ask }: Buyer, id: string) => ask('cancelOrder', 'PUT', `/orders/${id}/cancellation`);
const run = (act: string, id: string, ...options: string[]) =>
  orderCommand([act, id, ...options, '--reason', 'the orders were restored'], shop.env);
const assertNoViolations = () =>
  eventually(async () => {
    const { exitCode, text } = await auditCommand([], shop.env);
    assert.equal(exitCode, 0, text);
  });

/** Waits until these workflows have ended, because their last steps would change what a test sets back. */
const ended = (...workflowIds: string[]) =>
  Promise.all(workflowIds.map((id) => temporal.client.workflow.getHandle(id).result()));

/** Creates a cancelled order whose buyer was notified of its success and its cancellation. */
async function cancelledOrder() {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const key = randomUUID();
  const { id } = (await buyer.order(30, { key })).body;
  assert.equal((await cancel(buyer, id)).status, 200);
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  await ended(orderWorkflowId(id), cancelWorkflowId(id));
  return { buyer, key, id };
}

/** Sets a row back to an earlier state, with the triggers off that forbid it. */
const setBack = (id: string, set: string) =>
  shop.databases.orders.query(`
    alter table orders disable trigger all;
    update orders set cancel_cause = null, reason = null where id = '${id}';
    update orders set ${set} where id = '${id}';
    alter table orders enable trigger all`);
const IN_PROGRESS = `status = 'IN_PROGRESS', first_status = null`;
const statusOf = async (buyer: Buyer, id: string): Promise<string> => (await buyer.readOrder(id)).body.status;

test('if the row says IN_PROGRESS, a retry restores the first result and a further cancellation cancels it', async () => {
  const { buyer, key, id } = await cancelledOrder();
  await setBack(id, IN_PROGRESS);
  assert.equal((await run('retry', id)).exitCode, 0);
  assert.equal((await buyer.order(30, { key })).status, 201);
  await run('cancel', id);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertNoViolations();
  assert.equal(await buyer.balance(), 100);
});

test('if the row says IN_PROGRESS, a cancellation without a retry also keeps the first result', async () => {
  const { buyer, key, id } = await cancelledOrder();
  await setBack(id, IN_PROGRESS);
  assert.equal((await cancel(buyer, id)).status, 202);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  assert.equal((await buyer.order(30, { key })).status, 201);
  await assertNoViolations();
  assert.equal(await buyer.balance(), 100);
});

for (const [what, set, options] of [
  ['IN_PROGRESS', IN_PROGRESS, []],
  ['SUCCESS', `status = 'SUCCESS'`, ['--again']],
] as const) {
  test(`a cancelled order whose row says ${what} is not charged again, even if billing has lost its outcome`, async () => {
    const { buyer, id } = await cancelledOrder();
    await setBack(id, set);
    await shop.databases.billing.query(`delete from outcomes where owner_id = $1 and scope = 'order'`, [buyer.id]);
    await shop.databases.billing.query(`delete from transactions where owner_id = $1 and scope = 'order'`, [buyer.id]);
    await eventually(async () => assert.equal((await run('retry', id, ...options)).exitCode, 0));
    await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
    await assertNoViolations();
    assert.deepEqual([await buyer.balance(), (await buyer.ledger()).body.length], [100, 1]);
  });
}

test('if the row says SUCCESS, a cancellation answers 202 until the order is cancelled again', async () => {
  const { buyer, id } = await cancelledOrder();
  await setBack(id, `status = 'SUCCESS'`);
  const again = await cancel(buyer, id);
  assert.deepEqual([again.status, again.body.status], [202, 'SUCCESS']);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertNoViolations();
  assert.equal(await buyer.balance(), 100);
});

test('an order that was never paid is not charged, even if its row and billing have both lost the cancellation', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id, answer } = await withoutCharges(shop, buyer, async () => {
    const open = await buyer.placeOpenOrder(30);
    assert.equal((await cancel(buyer, open.id)).status, 200);
    return open;
  });
  await run('retry', id);
  await answer;
  await ended(orderWorkflowId(id), cancelWorkflowId(id));
  await setBack(id, IN_PROGRESS);
  await shop.databases.billing.query(`delete from outcomes where owner_id = $1 and scope = 'order'`, [buyer.id]);
  await eventually(async () => assert.equal((await run('retry', id)).exitCode, 0));
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertNoViolations();
  assert.deepEqual([await buyer.balance(), (await buyer.ledger()).body.length], [100, 1]);
});

test('an order that failed ends as FAILED again, even if its row records a cancellation request', async () => {
  const buyer = await createBuyer(shop.url, { balance: 1 });
  const { orderId: id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await ended(orderWorkflowId(id));
  await setBack(id, `${IN_PROGRESS}, cancel_cause = 'buyer'`);
  await eventually(async () => {
    await run('retry', id);
    assert.equal(await statusOf(buyer, id), 'FAILED');
  });
  await assertNoViolations();
});

test('an order that succeeded and was cancelled repeats both, even if its row has lost the success', async () => {
  const { buyer, key, id } = await cancelledOrder();
  await setBack(id, `${IN_PROGRESS}, cancel_cause = 'buyer'`);
  assert.equal((await run('retry', id)).exitCode, 0);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  assert.equal((await buyer.order(30, { key })).status, 201);
  await assertNoViolations();
  assert.equal(await buyer.balance(), 100);
});

test('if the cancellation request is lost while the cancellation runs, a second request cancels the order', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { key: randomUUID() })).body;
  await ended(orderWorkflowId(id));
  shop.links.billing.cut();
  const noted = cancel(buyer, id);
  const cancellation = temporal.client.workflow.getHandle(cancelWorkflowId(id));
  await eventually(() => cancellation.describe());
  await setBack(id, `status = 'SUCCESS'`);
  shop.links.billing.heal();
  await noted;
  await setBack(id, `status = 'SUCCESS'`);
  assert.ok(['SUCCESS', 'CANCELLED'].includes((await cancellation.result()).status));
  await cancel(buyer, id);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertNoViolations();
});
