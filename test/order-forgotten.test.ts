/** Rows of orders that were restored to before what happened to them, in a shop that runs: what an operator or a buyer then does puts them right. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { auditCommand } from '../bin/audit/run.ts';
import { orderCommand } from '../bin/operator/order-command.ts';
import { cancelWorkflowId, orderWorkflowId } from '../specs/identity.ts';
import { createBuyer, type Buyer } from './support/buyer.ts';
import { eventually } from './support/eventually.ts';
import { startLinkedShop, type LinkedShop } from './support/linked-shop.ts';
import { realTemporal } from './support/temporal.ts';
import { withoutCharges } from './support/without-charges.ts';

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
const assertSound = () =>
  eventually(async () => {
    const { exitCode, text } = await auditCommand([], shop.env);
    assert.equal(exitCode, 0, text);
  });

/** Whatever a workflow still had to do would come between. */
const ended = (...workflowIds: string[]) =>
  Promise.all(workflowIds.map((id) => temporal.client.workflow.getHandle(id).result()));

/** An order that succeeded and was taken back, about which its buyer was told both. */
async function takenBack() {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const key = randomUUID();
  const { id } = (await buyer.order(30, { key })).body;
  assert.equal((await cancel(buyer, id)).status, 200);
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  await ended(orderWorkflowId(id), cancelWorkflowId(id));
  return { buyer, key, id };
}

/** The row as it was before, which the database would not let happen. */
const forget = (id: string, set: string) =>
  shop.databases.orders.query(`
    alter table orders disable trigger all;
    update orders set cancel_cause = null, reason = null where id = '${id}';
    update orders set ${set} where id = '${id}';
    alter table orders enable trigger all`);
const IN_PROGRESS = `status = 'IN_PROGRESS', first_status = null`;
const statusOf = async (buyer: Buyer, id: string): Promise<string> => (await buyer.readOrder(id)).body.status;

test('an order that its row says is in progress becomes again what it first was, and is then taken back again', async () => {
  const { buyer, key, id } = await takenBack();
  await forget(id, IN_PROGRESS);
  assert.equal((await run('retry', id)).exitCode, 0);
  assert.equal((await buyer.order(30, { key })).status, 201);
  await run('cancel', id);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertSound();
  assert.equal(await buyer.balance(), 100);
});

test('an order that succeeded before it was taken back stays what it first was, also where nobody retried it before it is taken back again', async () => {
  const { buyer, key, id } = await takenBack();
  await forget(id, IN_PROGRESS);
  assert.equal((await cancel(buyer, id)).status, 202);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  assert.equal((await buyer.order(30, { key })).status, 201);
  await assertSound();
  assert.equal(await buyer.balance(), 100);
});

for (const [what, set, options] of [
  ['in progress', IN_PROGRESS, []],
  ['paid', `status = 'SUCCESS'`, ['--again']],
] as const) {
  test(`an order that was taken back is not charged again where its row says that it is ${what}, and billing has forgotten it`, async () => {
    const { buyer, id } = await takenBack();
    await forget(id, set);
    await shop.databases.billing.query(`delete from outcomes where owner_id = $1 and scope = 'order'`, [buyer.id]);
    await shop.databases.billing.query(`delete from transactions where owner_id = $1 and scope = 'order'`, [buyer.id]);
    await eventually(async () => assert.equal((await run('retry', id, ...options)).exitCode, 0));
    await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
    await assertSound();
    assert.deepEqual([await buyer.balance(), (await buyer.ledger()).body.length], [100, 1]);
  });
}

test('an order that its row says has succeeded is taken back again, and not said to be before it is', async () => {
  const { buyer, id } = await takenBack();
  await forget(id, `status = 'SUCCESS'`);
  const again = await cancel(buyer, id);
  assert.deepEqual([again.status, again.body.status], [202, 'SUCCESS']);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertSound();
  assert.equal(await buyer.balance(), 100);
});

test('an order that was never paid is not charged when its row and billing have both forgotten why', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id, answer } = await withoutCharges(shop, buyer, async () => {
    const begun = await buyer.begin(30);
    assert.equal((await cancel(buyer, begun.id)).status, 200);
    return begun;
  });
  await run('retry', id);
  await answer;
  await ended(orderWorkflowId(id), cancelWorkflowId(id));
  await forget(id, IN_PROGRESS);
  await shop.databases.billing.query(`delete from outcomes where owner_id = $1 and scope = 'order'`, [buyer.id]);
  await eventually(async () => assert.equal((await run('retry', id)).exitCode, 0));
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertSound();
  assert.deepEqual([await buyer.balance(), (await buyer.ledger()).body.length], [100, 1]);
});

test('an order that failed while somebody wanted it back has failed again, although its row says that it is to be taken back', async () => {
  const buyer = await createBuyer(shop.url, { balance: 1 });
  const { orderId: id } = (await buyer.order(30, { ifMatch: 0 })).body;
  await ended(orderWorkflowId(id));
  await forget(id, `${IN_PROGRESS}, cancel_cause = 'buyer'`);
  await eventually(async () => {
    await run('retry', id);
    assert.equal(await statusOf(buyer, id), 'FAILED');
  });
  await assertSound();
});

test('an order that succeeded before it was taken back has done both again, although its row forgot the first', async () => {
  const { buyer, key, id } = await takenBack();
  await forget(id, `${IN_PROGRESS}, cancel_cause = 'buyer'`);
  assert.equal((await run('retry', id)).exitCode, 0);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  assert.equal((await buyer.order(30, { key })).status, 201);
  await assertSound();
  assert.equal(await buyer.balance(), 100);
});

test('an order that nobody wanted back any more while its cancellation was under way is taken back when somebody wants it again', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const { id } = (await buyer.order(30, { key: randomUUID() })).body;
  await ended(orderWorkflowId(id));
  shop.links.billing.cut();
  const noted = cancel(buyer, id);
  const cancellation = temporal.client.workflow.getHandle(cancelWorkflowId(id));
  await eventually(() => cancellation.describe());
  await forget(id, `status = 'SUCCESS'`);
  shop.links.billing.heal();
  await noted;
  await forget(id, `status = 'SUCCESS'`);
  assert.ok(['SUCCESS', 'CANCELLED'].includes((await cancellation.result()).status));
  await cancel(buyer, id);
  await eventually(async () => assert.equal(await statusOf(buyer, id), 'CANCELLED'));
  await assertSound();
});
