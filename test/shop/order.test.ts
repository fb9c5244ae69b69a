import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { searchTopics } from '../../lib/kafka/search.ts';
import { orderEventId } from '../../specs/identity.ts';
import { orderWorkflowId } from '../../specs/temporal.ts';
import type { order } from '../../workflows/order.ts';
import { eventually } from '../support/eventually.ts';
import { createBuyer } from '../support/shop/buyer.ts';
import { assertAllConsistent } from '../support/shop/consistency.ts';
import { mailsTo } from '../support/shop/inbox.ts';
import { startShop, type Shop } from '../support/shop/shop.ts';
import { env, realTemporal } from '../support/temporal/server.ts';

const temporal = realTemporal();
let shop: Shop;

before(async () => {
  shop = await startShop();
});

after(async () => {
  await temporal.close();
  await shop?.stop();
});

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const buyerWith = (balance: number) => createBuyer(shop.url, { balance });

const onlyMail = (email: string) =>
  eventually(async () => {
    const mails = await mailsTo(email);
    assert.equal(mails.length, 1);
    return mails[0]!;
  });

test('an order is stored, charged, returned, announced and mailed, and its workflow completes', async () => {
  const buyer = await createBuyer(shop.url);
  // The creation of the profile opens the account, before any deposit.
  await eventually(async () =>
    assert.equal(
      (await shop.databases.billing.query('select from billing_accounts where owner_id = $1', [buyer.id])).length,
      1,
    ),
  );
  await buyer.topUp(100);

  const correlationId = randomUUID();
  const { status, headers, body } = await buyer.order(30, {
    ifMatch: 0,
    headers: { 'x-correlation-id': correlationId, traceparent: TRACE },
  });
  const placed = { id: body.id, userId: buyer.id, price: 30, version: 1, status: 'SUCCESS', createdAt: body.createdAt };
  assert.deepEqual(
    [status, headers.get('location'), headers.get('etag'), headers.get('idempotent-replayed'), body],
    [201, `/orders/${body.id}`, '"1"', null, placed],
  );
  const read = await buyer.readOrder(body.id);
  assert.deepEqual([read.status, read.headers.get('etag'), read.body], [200, '"1-SUCCESS"', placed]);
  assert.equal(await buyer.balance(), 70);
  assert.deepEqual(
    (await buyer.ledger()).body.map(({ kind, amount, scope }: any) => [kind, amount, scope]),
    [
      ['withdrawal', -30, 'order'],
      ['replenishment', 100, 'client'],
    ],
  );

  const mail = await onlyMail(buyer.email);
  assert.equal(mail.messageId, `${orderEventId(body.id, 'OrderCreated')}@example.com`);
  assert.match(mail.text, new RegExp(`order ${body.id} has been placed and paid`));
  await eventually(async () => {
    const [first, ...others] = (await buyer.notifications()).body;
    assert.deepEqual([first?.event, first?.orderId, first?.status, others], ['OrderCreated', body.id, 'SENT', []]);
  });
  // The correlation id reaches the notification through the workflow and Kafka.
  assert.deepEqual(
    await shop.databases.notifications.query('select correlation_id from notifications where order_id = $1', [body.id]),
    [{ correlation_id: correlationId }],
  );
  const search = { brokers: [env('KAFKA_BROKERS')], prefix: shop.env['KAFKA_TOPIC_PREFIX']!, withinMs: 30_000 };
  const { found } = await searchTopics({ ...search, topics: ['order-service.OrderCreated'], key: body.id });
  // Kafka may hold the message more than once, each time with the same event id.
  assert.deepEqual(
    [new Set(found.map(({ headers }) => headers['eventId'])).size, found[0]?.headers['traceparent']],
    [1, TRACE],
  );

  const run = temporal.client.workflow.getHandle<typeof order>(orderWorkflowId(body.id));
  assert.deepEqual(await run.result(), { orderId: body.id, status: 'SUCCESS', reason: null });
  const { status: state, searchAttributes } = await run.describe();
  assert.deepEqual(
    [state.name, searchAttributes['OrderStatus'], searchAttributes['OrderOwner']],
    ['COMPLETED', ['SUCCESS'], [buyer.id]],
  );
});

test('an order above the balance fails, takes its version but no money, and the buyer gets the reason', async () => {
  const buyer = await buyerWith(10);
  const { status, kind, headers, body } = await buyer.order(11, { ifMatch: 0 });
  assert.deepEqual(
    [status, kind, headers.get('etag'), headers.get('location'), body.reason],
    [409, 'insufficient-funds', '"1"', `/orders/${body.orderId}`, 'insufficient-funds'],
  );
  const { body: read } = await buyer.readOrder(body.orderId);
  assert.deepEqual([read.status, read.reason, await buyer.balance()], ['FAILED', 'insufficient-funds', 10]);
  assert.match((await onlyMail(buyer.email)).text, /could not be completed because your balance was too low/);
  assert.equal((await buyer.order(10, { ifMatch: 1 })).status, 201);
});

test('pages of a list contain each item once, newest first, while new items are added', async () => {
  const buyer = await buyerWith(100);
  for (let version = 0; version < 5; version++) await buyer.order(1, { ifMatch: version });
  const first = await buyer.orders('?limit=2');
  assert.equal(first.headers.get('etag'), '"5"');
  await buyer.order(1, { ifMatch: 5 });
  assert.deepEqual(await followed(buyer, 'listOrders', first, ({ version }) => version), [5, 4, 3, 2, 1]);
  const amounts = await followed(buyer, 'listTransactions', await buyer.ledger('?limit=3'), ({ amount }) => amount);
  assert.deepEqual(amounts, [-1, -1, -1, -1, -1, -1, 100]);
});

test('in the end orders, money, notifications and workflows agree', async () => {
  const orders = await eventually(() => assertAllConsistent(shop, temporal.client));
  assert.ok(orders.length >= 9);
});

/** Follows the `next` links of a list. */
async function followed<T>(
  buyer: Awaited<ReturnType<typeof buyerWith>>,
  operationId: string,
  page: { headers: Headers; body: any[] },
  pick: (item: any) => T,
): Promise<T[]> {
  const next = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
  const rest = next ? await followed(buyer, operationId, await buyer.ask(operationId, 'GET', next), pick) : [];
  return [...page.body.map(pick), ...rest];
}
