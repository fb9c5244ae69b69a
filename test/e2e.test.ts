/** The whole path, through the gateway, on real servers. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { find } from '../lib/kafka-search.ts';
import { orderEventId, orderWorkflowId } from '../specs/identity.ts';
import type { order } from '../workflows/order.ts';
import { answered, outcomeOf } from './support/asking.ts';
import { assertBooksClosed } from './support/books.ts';
import { createBuyer } from './support/buyer.ts';
import { eventually } from './support/eventually.ts';
import { mailsTo } from './support/inbox.ts';
import { startShop, type Shop } from './support/shop.ts';
import { env, realTemporal } from './support/temporal.ts';

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

/** The one mail that a buyer got, once it is there. */
const onlyMail = (email: string) =>
  eventually(async () => {
    const mails = await mailsTo(email);
    assert.equal(mails.length, 1);
    return mails[0]!;
  });

test('an order is written, charged, answered, announced and mailed, and its workflow has ended', async () => {
  const buyer = await createBuyer(shop.url);
  // The profile opens the account, before any money does.
  await eventually(async () =>
    assert.equal(
      (await shop.databases.billing.query('select from billing_accounts where owner_id = $1', [buyer.id])).length,
      1,
    ),
  );
  await buyer.topUp(100);

  const { status, headers, body } = await buyer.order(30, {
    ifMatch: 0,
    headers: { 'x-correlation-id': buyer.username, traceparent: TRACE },
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
  assert.match(mail.text, new RegExp(`order ${body.id} is placed and paid`));
  await eventually(async () => {
    const [told, ...others] = (await buyer.notifications()).body;
    assert.deepEqual([told?.event, told?.orderId, told?.status, others], ['OrderCreated', body.id, 'SENT', []]);
  });
  // What the request was called goes with the order, through the workflow and Kafka, to its end.
  assert.deepEqual(
    await shop.databases.notifications.query('select correlation_id from notifications where order_id = $1', [body.id]),
    [{ correlation_id: buyer.username }],
  );
  const search = { brokers: [env('KAFKA_BROKERS')], prefix: shop.env['KAFKA_TOPIC_PREFIX']!, withinMs: 30_000 };
  const { found } = await find({ ...search, topics: ['order-service.OrderCreated'], key: body.id });
  // A message may be there twice, as one event.
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

test('an order that is too dear has failed, takes its version and nothing else, and the buyer is told why', async () => {
  const buyer = await buyerWith(10);
  const { status, kind, headers, body } = await buyer.order(11, { ifMatch: 0 });
  assert.deepEqual(
    [status, kind, headers.get('etag'), headers.get('location'), body.reason],
    [409, 'insufficient-funds', '"1"', `/orders/${body.orderId}`, 'insufficient-funds'],
  );
  const { body: read } = await buyer.readOrder(body.orderId);
  assert.deepEqual([read.status, read.reason, await buyer.balance()], ['FAILED', 'insufficient-funds', 10]);
  assert.match((await onlyMail(buyer.email)).text, /not paid: there was not enough money/);
  assert.equal((await buyer.order(10, { ifMatch: 1 })).status, 201);
});

test('of 50 orders on one version of the list one is made and charged, and 49 are told the new version', async () => {
  const buyer = await buyerWith(1000);
  const answers = await Promise.all(Array.from({ length: 50 }, () => answered(() => buyer.order(7, { ifMatch: 0 }))));
  assert.deepEqual(countOf(answers.map(outcomeOf)), { '201': 1, '409 stale-order-list': 49 });
  assert.deepEqual(countOf(answers.map(({ headers }) => headers.get('etag')!)), { '"1"': 50 });
  assert.deepEqual([(await buyer.orders()).body.length, await buyer.balance()], [1, 993]);
});

test('50 orders under one key are one order, charged once, and 49 answers say that they are repeats', async () => {
  const buyer = await buyerWith(1000);
  const key = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => answered(() => buyer.order(7, { ifMatch: 0, key }))),
  );
  assert.deepEqual(countOf(answers.map(outcomeOf)), { '201': 50 });
  assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1);
  assert.deepEqual(countOf(answers.map(({ headers }) => String(headers.get('idempotent-replayed')))), {
    null: 1,
    true: 49,
  });
  assert.deepEqual([(await buyer.orders()).body.length, await buyer.balance()], [1, 993]);
});

test('orders by keys alone, all at once, take one version after the other', async () => {
  const buyer = await buyerWith(1000);
  const keys = Array.from({ length: 12 }, () => randomUUID());
  const answers = await Promise.all(
    keys.map((key, n) => answered(() => buyer.order(n + 1, { key, ...(n % 2 && { ifMatch: '*' }) }))),
  );
  assert.deepEqual(
    answers.map(({ body }) => body.version).sort((a, b) => a - b),
    Array.from({ length: 12 }, (_each, n) => n + 1),
  );
  assert.equal(await buyer.balance(), 1000 - 78);
});

test('a repeat is answered as the first request was, whatever the list is at by now; another request under the key is not', async () => {
  const buyer = await buyerWith(100);
  const key = randomUUID();
  const first = await buyer.order(30, { ifMatch: 0, key });
  await buyer.order(1, { ifMatch: 1 });
  for (const ifMatch of [0, 2, '"0"', '*']) {
    const again = await buyer.order(30, { ifMatch, key: `"${key.toUpperCase()}"` });
    assert.deepEqual(
      [again.status, again.body, again.headers.get('etag'), again.headers.get('location')],
      [201, first.body, '"1"', first.headers.get('location')],
    );
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
  }
  assert.equal(outcomeOf(await buyer.order(31, { ifMatch: 2, key })), '422 key-reused');
  assert.deepEqual([(await buyer.orders()).body.length, await buyer.balance()], [2, 69]);
});

test('a decline stays one under its key after a top-up, and a refusal as stale does not use the key up', async () => {
  const buyer = await buyerWith(10);
  const key = randomUUID();
  assert.equal(outcomeOf(await buyer.order(30, { ifMatch: 5, key })), '409 stale-order-list');
  const declined = await buyer.order(30, { ifMatch: 0, key });
  await buyer.topUp(100);
  const again = await buyer.order(30, { ifMatch: 0, key });
  assert.deepEqual([outcomeOf(declined), outcomeOf(again)], ['409 insufficient-funds', '409 insufficient-funds']);
  assert.deepEqual(
    [again.body.orderId, again.headers.get('idempotent-replayed'), again.headers.get('location')],
    [declined.body.orderId, 'true', declined.headers.get('location')],
  );
  assert.deepEqual([(await buyer.orders()).body.length, await buyer.balance()], [1, 110]);
});

test('a deposit is made once however often it is sent, and its key is good for nothing else', async () => {
  const buyer = await buyerWith(0);
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => buyer.topUp(50, key)));
  assert.deepEqual(
    [countOf(answers.map(outcomeOf)), new Set(answers.map(({ body }) => JSON.stringify(body))).size],
    [{ '201': 10 }, 1],
  );
  assert.deepEqual([outcomeOf(await buyer.topUp(51, key)), await buyer.balance()], ['422 key-reused', 50]);
});

test('lists come page by page, each thing once and newest first, while new ones are made', async () => {
  const buyer = await buyerWith(100);
  for (let version = 0; version < 5; version++) await buyer.order(1, { ifMatch: version });
  const first = await buyer.orders('?limit=2');
  assert.equal(first.headers.get('etag'), '"5"');
  await buyer.order(1, { ifMatch: 5 });
  assert.deepEqual(await followed(buyer, 'listOrders', first, ({ version }) => version), [5, 4, 3, 2, 1]);
  const amounts = await followed(buyer, 'listTransactions', await buyer.ledger('?limit=3'), ({ amount }) => amount);
  assert.deepEqual(amounts, [-1, -1, -1, -1, -1, -1, 100]);
});

test('in the end orders, money, notifications and workflows say the same', async () => {
  const orders = await eventually(() => assertBooksClosed(shop, temporal.client));
  assert.ok(orders.length > 25);
});

/** How often each value is among them. */
function countOf(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** What a list has from this page on, as the links of its pages lead. */
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
