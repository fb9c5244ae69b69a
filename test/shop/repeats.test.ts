/** Repeated and concurrent orders and deposits take effect once, through the gateway, on real servers. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { retryWhileUnavailable, outcomeOf } from '../support/requests/contract-client.ts';
import { createBuyer } from '../support/shop/buyer.ts';
import { assertAllConsistent } from '../support/shop/consistency.ts';
import { startShop, type Shop } from '../support/shop/shop.ts';
import { realTemporal } from '../support/temporal/server.ts';

const temporal = realTemporal();
let shop: Shop;

before(async () => {
  shop = await startShop();
});

after(async () => {
  await temporal.close();
  await shop?.stop();
});

const buyerWith = (balance: number) => createBuyer(shop.url, { balance });

test('of 50 orders on one list version one is placed and charged, and 49 get the new version', async () => {
  const buyer = await buyerWith(1000);
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => retryWhileUnavailable(() => buyer.order(7, { ifMatch: 0 }))),
  );
  assert.deepEqual(countOf(answers.map(outcomeOf)), { '201': 1, '409 stale-order-list': 49 });
  assert.deepEqual(countOf(answers.map(({ headers }) => headers.get('etag')!)), { '"1"': 50 });
  assert.deepEqual([(await buyer.orders()).body.length, await buyer.balance()], [1, 993]);
});

test('50 requests under one key place one order, charged once, and 49 answers are flagged as replayed', async () => {
  const buyer = await buyerWith(1000);
  const key = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => retryWhileUnavailable(() => buyer.order(7, { ifMatch: 0, key }))),
  );
  assert.deepEqual(countOf(answers.map(outcomeOf)), { '201': 50 });
  assert.equal(new Set(answers.map(({ body }) => JSON.stringify(body))).size, 1);
  assert.deepEqual(countOf(answers.map(({ headers }) => String(headers.get('idempotent-replayed')))), {
    null: 1,
    true: 49,
  });
  assert.deepEqual([(await buyer.orders()).body.length, await buyer.balance()], [1, 993]);
});

test('concurrent orders with keys and without versions take consecutive versions', async () => {
  const buyer = await buyerWith(1000);
  const keys = Array.from({ length: 12 }, () => randomUUID());
  const answers = await Promise.all(
    keys.map((key, n) => retryWhileUnavailable(() => buyer.order(n + 1, { key, ...(n % 2 && { ifMatch: '*' }) }))),
  );
  assert.deepEqual(
    answers.map(({ body }) => body.version).sort((a, b) => a - b),
    Array.from({ length: 12 }, (_each, n) => n + 1),
  );
  assert.equal(await buyer.balance(), 1000 - 78);
});

test('a repeat gets the first answer at any list version, and another request under its key is refused', async () => {
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

test('a declined order stays declined after a top-up, and a stale request does not use up its key', async () => {
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

test('a repeated deposit counts once, and its key is refused for another amount', async () => {
  const buyer = await buyerWith(0);
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => buyer.topUp(50, key)));
  assert.deepEqual(
    [countOf(answers.map(outcomeOf)), new Set(answers.map(({ body }) => JSON.stringify(body))).size],
    [{ '201': 10 }, 1],
  );
  assert.deepEqual([outcomeOf(await buyer.topUp(51, key)), await buyer.balance()], ['422 key-reused', 50]);
});

test('in the end orders, money, notifications and workflows agree', async () => {
  const orders = await eventually(() => assertAllConsistent(shop, temporal.client));
  assert.ok(orders.length >= 17);
});

function countOf(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
