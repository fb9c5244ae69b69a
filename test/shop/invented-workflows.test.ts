/**
 * Anyone who reaches Temporal can start workflows with any input. On real servers, none of them moves another buyer's
 * money.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { auditCommand } from '../../operator/audit/command.ts';
import { orderCommand } from '../../operator/order/command.ts';
import { cancelWorkflowId, orderWorkflowId, profileWorkflowId } from '../../specs/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { createBuyer, type Buyer } from '../support/shop/buyer.ts';
import { startShop, type Shop } from '../support/shop/shop.ts';
import { realTemporal } from '../support/temporal/server.ts';

const temporal = realTemporal();
let shop: Shop;
let buyer: Buyer;

before(async () => {
  shop = await startShop();
  buyer = await createBuyer(shop.url, { balance: 1000 });
});
after(async () => {
  await shop.stop();
  await temporal.close();
});

const invent = (type: string, workflowId: string, input: object) =>
  temporal.client.workflow.start(type, { taskQueue: shop.env['TEMPORAL_TASK_QUEUE']!, workflowId, args: [input] });
const inputOf = (orderId: string, claim: object = {}) => ({
  orderId,
  ownerId: buyer.id,
  price: 900,
  correlationId: 'invented',
  chargeKey: randomUUID(),
  charge: 'local',
  deadlineS: 3600,
  ...claim,
});
const auditText = async () => (await auditCommand([], shop.env, { checksMax: 2, pauseMs: 500 })).text;

test('an invented order charges nobody; operators see it among the stuck orders and in an audit', async () => {
  const id = randomUUID();
  const order = await invent('order', orderWorkflowId(id), inputOf(id));
  const cancellation = await invent('cancellation', cancelWorkflowId(id), inputOf(id, { cause: 'buyer' }));
  await eventually(async () => {
    const { text } = await orderCommand(['--stuck', '--longer-than', '0'], shop.env);
    assert.match(text, new RegExp(`${id} +no row .* chargeOrder .*has no row`));
    assert.match(text, new RegExp(`${id} +no row .* cancellation: cancelCharge .*has no row`));
  });
  await eventually(async () => {
    const text = await auditText();
    for (const { workflowId } of [order, cancellation])
      assert.match(text, new RegExp(`^I8 +workflow ${workflowId} names no buyer`, 'm'));
  });
  assert.deepEqual([await buyer.balance(), (await buyer.orders()).body], [1000, []]);
  assert.deepEqual(await shop.databases.billing.query(`select from outcomes where scope = 'order'`), []);
  await Promise.all([order.terminate(), cancellation.terminate()]);
});

test('an invented cancellation of a paid order refunds nothing, and its buyer can still cancel it', async () => {
  const { id } = (await buyer.order(30, { ifMatch: 0 })).body;
  const invented = await invent('cancellation', cancelWorkflowId(id), inputOf(id, { cause: 'operator' }));
  assert.equal((await invented.result()).status, 'SUCCESS');
  assert.deepEqual([(await buyer.readOrder(id)).body.status, await buyer.balance()], ['SUCCESS', 970]);
  await buyer.ask('cancelOrder', 'PUT', `/orders/${id}/cancellation`);
  await eventually(async () => assert.equal((await buyer.readOrder(id)).body.status, 'CANCELLED'));
  assert.equal(await buyer.balance(), 1000);
});

test("an invented workflow of another buyer's order moves the money of its owner alone", async () => {
  const owner = await createBuyer(shop.url, { balance: 100 });
  const id = randomUUID();
  await shop.databases.orders.query(
    `insert into orders (id, owner_id, price, version, status, fingerprint, correlation_id) values ($1, $2, 5, 1, 'IN_PROGRESS', 'five', 'test')`,
    [id, owner.id],
  );
  await (await invent('order', `invented-${id}`, inputOf(id))).result();
  await eventually(async () => assert.equal((await owner.notifications()).body.length, 1));
  assert.deepEqual([await owner.balance(), await buyer.balance()], [95, 1000]);
  const told = (await buyer.notifications()).body.filter(({ orderId }: { orderId: string }) => orderId === id);
  assert.deepEqual([(await owner.readOrder(id)).body.status, told], ['SUCCESS', []]);
  await eventually(async () =>
    assert.match(await shop.log(), /the workflow contradicts the owner in the row of its order/),
  );
});

test('an invented profile change opens no account and publishes nothing', async () => {
  const userId = randomUUID();
  const change = await invent('profile', profileWorkflowId(userId, 1), { userId, version: 1_000_000 });
  await eventually(async () => {
    const [pending] = (await change.describe()).raw.pendingActivities ?? [];
    assert.equal(pending?.activityType?.name, 'openAccount');
    assert.match(pending?.lastFailure?.message ?? '', /never had a profile/);
  });
  assert.deepEqual(
    await shop.databases.billing.query('select from billing_accounts where owner_id = $1', [userId]),
    [],
  );
  await change.terminate();
});
