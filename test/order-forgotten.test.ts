/** Rows of orders that were restored to before what happened to them, in a shop that runs: what an operator or a buyer then does puts them right. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { auditCommand } from '../bin/audit/run.ts';
import { orderCommand } from '../bin/operator/order-command.ts';
import { createBuyer, type Buyer } from './support/buyer.ts';
import { eventually } from './support/eventually.ts';
import { startLinkedShop, type LinkedShop } from './support/linked-shop.ts';

let shop: LinkedShop;

before(async () => {
  shop = await startLinkedShop({});
});
after(() => shop.stop());

const cancel = ({ ask }: Buyer, id: string) => ask('cancelOrder', 'PUT', `/orders/${id}/cancellation`);
const run = (act: string, id: string) => orderCommand([act, id, '--reason', 'the orders were restored'], shop.env);
const assertSound = () =>
  eventually(async () => {
    const { exitCode, text } = await auditCommand([], shop.env);
    assert.equal(exitCode, 0, text);
  });

/** An order that succeeded and was taken back, about which its buyer was told both. */
async function takenBack() {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  const key = randomUUID();
  const { id } = (await buyer.order(30, { key })).body;
  assert.equal((await cancel(buyer, id)).status, 200);
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, 2));
  return { buyer, key, id };
}

/** The row as it was before, which the database would not let happen. */
const forget = (id: string, set: string) =>
  shop.databases.orders.query(`
    alter table orders disable trigger all;
    update orders set cancel_cause = null, reason = null, ${set} where id = '${id}';
    alter table orders enable trigger all`);

test('an order that its row says is in progress becomes again what it first was, and is then taken back again', async () => {
  const { buyer, key, id } = await takenBack();
  await forget(id, `status = 'IN_PROGRESS', first_status = null`);
  assert.equal((await run('retry', id)).exitCode, 0);
  assert.equal((await buyer.order(30, { key })).status, 201);
  await run('cancel', id);
  await eventually(async () => assert.equal((await buyer.readOrder(id)).body.status, 'CANCELLED'));
  await assertSound();
  assert.equal(await buyer.balance(), 100);
});

test('an order that its row says has succeeded is taken back again, and not said to be before it is', async () => {
  const { buyer, id } = await takenBack();
  await forget(id, `status = 'SUCCESS'`);
  const again = await cancel(buyer, id);
  assert.deepEqual([again.status, again.body.status], [202, 'SUCCESS']);
  await eventually(async () => assert.equal((await buyer.readOrder(id)).body.status, 'CANCELLED'));
  await assertSound();
  assert.equal(await buyer.balance(), 100);
});
