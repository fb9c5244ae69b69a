/** Who may read orders, and how lists are paged. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createOrderStore } from '../../../api/orders/store.ts';
import { openDatabase } from '../../../lib/database.ts';
import { asService, asUser } from '../../support/requests/callers.ts';
import { createContractClient, outcomeOf } from '../../support/requests/contract-client.ts';
import { buyer, orders } from '../../support/shop/ordering.ts';
import { newKey } from '../../support/shop/orders.ts';

test('only its buyer and services can read an order', async () => {
  const { body } = await orders.place(buyer, { 'if-match': '0' });
  for (const caller of [asUser(buyer), asService('worker')]) {
    const read = await orders.read(caller, body.id.toUpperCase());
    assert.deepEqual([read.status, read.body, read.headers.get('etag')], [200, body, '"1-SUCCESS"']);
  }
  const foreign = await orders.read(asUser(randomUUID()), body.id);
  const missing = await Promise.all([randomUUID(), 'x', '%41'].map((id) => orders.read(asUser(buyer), id)));
  for (const answer of [foreign, ...missing]) {
    assert.deepEqual([outcomeOf(answer), answer.body.detail], ['404 no-such-order', 'You have no order with this id']);
  }
  assert.equal(outcomeOf(await orders.read({}, body.id)), '401 unauthenticated');
});

test("a list contains only the buyer's own orders, and every page carries the list's version", async () => {
  for (let version = 0; version < 5; version++) await orders.place(buyer, { 'if-match': String(version) });
  const pages = [];
  for (
    let path: string | undefined = '?limit=2';
    path;
    path = /orders(.+)>/.exec(pages.at(-1)!.headers.get('link') ?? '')?.[1]
  )
    pages.push(await orders.list(buyer, path));
  assert.deepEqual(
    pages.map(({ body, headers }) => [body.map(({ version }: any) => version), headers.get('etag')]),
    [
      [[5, 4], '"5"'],
      [[3, 2], '"5"'],
      [[1], '"5"'],
    ],
  );
  const empty = await orders.list(randomUUID());
  assert.deepEqual([empty.body, empty.headers.get('etag'), empty.headers.get('link')], [[], '"0"', null]);
});

test('a page has twenty orders by default, and a list is never answered 304, because a status may change within a version', async () => {
  for (let n = 0; n < 21; n++) await orders.place(buyer, newKey());
  const first = await orders.list(buyer);
  assert.deepEqual([first.body.length, first.headers.get('link')], [20, '</orders?before=2>; rel="next"']);
  assert.deepEqual(
    [(await orders.list(buyer, '?limit=100')).body.length, (await orders.list(buyer, '?limit=1')).body.length],
    [21, 1],
  );
  for (const known of ['"21"', '*', 'W/"21"']) {
    const { status, body } = await orders.ask('listOrders', 'GET', '/orders', {
      headers: { ...asUser(buyer), 'if-none-match': known },
    });
    assert.deepEqual([status, body], [200, first.body]);
  }
});

test('without its database the service answers 503 with Retry-After', async () => {
  const unreachable = openDatabase('postgres://user@127.0.0.1:1/nothing');
  const service = await orders.serve(createOrderStore(unreachable));
  const ask = createContractClient(service.url);
  const headers = { ...asUser(buyer), 'if-match': '0' };
  const answers = [
    await ask('createOrder', 'POST', '/orders', { headers, body: { price: 5 } }),
    await ask('listOrders', 'GET', '/orders', { headers }),
    await ask('readOrder', 'GET', `/orders/${buyer}`, { headers }),
  ];
  for (const answer of answers)
    assert.deepEqual([outcomeOf(answer), answer.headers.get('retry-after')], ['503 unavailable', '1']);
  await service.close();
  await unreachable.close();
});
