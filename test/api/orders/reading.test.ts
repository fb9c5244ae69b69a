/** Conditional and waiting reads of one order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { asUser } from '../../support/requests/callers.ts';
import { buyer, orders, placed } from '../../support/shop/ordering.ts';
import { declined, paid } from '../../support/shop/orders.ts';

/** Longer than the polling interval for awaited orders. */
const QUIET_MS = 600;

const read = (id: string, headers: Record<string, string> = {}) => orders.read({ ...asUser(buyer), ...headers }, id);

for (const known of ['"1-SUCCESS"', 'W/"1-SUCCESS"', '"0-SUCCESS", "1-SUCCESS"', '*', ' * ']) {
  test(`an order that matches ${known} is answered 304`, async () => {
    const { status, headers, body } = await read((await placed(paid)).id, { 'if-none-match': known });
    assert.deepEqual([status, headers.get('etag'), body], [304, '"1-SUCCESS"', undefined]);
  });
}

for (const known of ['"1-IN_PROGRESS"', '"2-SUCCESS"', '1-SUCCESS', '"1"', 'nonsense', '""']) {
  test(`an order that does not match ${known} is sent`, async () => {
    const { status, headers, body } = await read((await placed(paid)).id, { 'if-none-match': known });
    assert.deepEqual([status, headers.get('etag'), body.status], [200, '"1-SUCCESS"', 'SUCCESS']);
  });
}

test("an order's ETag changes with its status", async () => {
  const { id } = await placed(undefined);
  const { headers } = await read(id);
  assert.equal((await read(id, { 'if-none-match': headers.get('etag')! })).status, 304);
  await orders.store.settle(id, 'SUCCESS', null);
  assert.equal((await read(id, { 'if-none-match': headers.get('etag')! })).status, 200);
  await orders.store.cancel(id, 'buyer');
  assert.equal((await read(id, { 'if-none-match': '"1-SUCCESS"' })).headers.get('etag'), '"1-CANCELLED"');
});

test('a failed order has a reason', async () => {
  const { body, headers } = await read((await placed(declined)).id);
  assert.deepEqual([body.status, body.reason, headers.get('etag')], ['FAILED', 'insufficient-funds', '"1-FAILED"']);
});

test('a read that prefers to wait is answered once the order is final', async () => {
  const { id } = await placed(undefined);
  const answers = [
    read(id, { prefer: 'wait=30' }),
    read(id, { prefer: 'respond-async, wait="30"', 'if-none-match': '"1-IN_PROGRESS"' }),
  ];
  assert.equal((await read(id)).body.status, 'IN_PROGRESS');
  await orders.store.settle(id, 'SUCCESS', null);
  for (const { status, headers, body } of await Promise.all(answers))
    assert.deepEqual(
      [status, body.status, headers.get('preference-applied'), headers.get('etag')],
      [200, 'SUCCESS', 'wait=30', '"1-SUCCESS"'],
    );
});

test('if the order is not final when the wait ends, the read gets the current order or 304', async () => {
  const { id } = await placed(undefined);
  const startedMs = performance.now();
  const [order, unchanged] = await Promise.all([
    read(id, { prefer: 'wait=1' }),
    read(id, { prefer: 'wait=1', 'if-none-match': '"1-IN_PROGRESS"' }),
  ]);
  assert.ok(performance.now() - startedMs >= 1000);
  assert.deepEqual([order.status, order.body.status, unchanged.status], [200, 'IN_PROGRESS', 304]);
  for (const { headers } of [order, unchanged]) assert.equal(headers.get('preference-applied'), 'wait=1');
});

test('answers about an order are private for caches, including 304', async () => {
  const { id } = await placed(paid);
  const { headers } = await read(id, {});
  const unchanged = await read(id, { 'if-none-match': headers.get('etag')! });
  assert.deepEqual(
    [headers.get('cache-control'), unchanged.status, unchanged.headers.get('cache-control')],
    ['private, no-cache', 304, 'private, no-cache'],
  );
});

for (const [prefer, applied] of [
  ['wait=31', 'wait=30'],
  ['wait=999999999', 'wait=30'],
  ['WAIT = 5', 'wait=5'],
  ['wait=0', null],
  ['wait=x', null],
  ['wait', null],
  ['wait=-1', null],
  ['respond-async', null],
] as const) {
  test(`${prefer} is ${applied ? `applied as ${applied}` : 'no wait'}, and a final order is answered within five seconds`, async () => {
    const { id } = await placed(paid);
    const startedMs = performance.now();
    const { status, headers } = await read(id, { prefer });
    assert.deepEqual([status, headers.get('preference-applied')], [200, applied]);
    assert.ok(performance.now() - startedMs < 5000);
  });
}

test('waiting reads and streams share one query at a time, and none runs after their clients have disconnected', async () => {
  const { id } = await placed(undefined);
  let looks = 0;
  let [atOnce, atOnceMax] = [0, 0];
  const settledAmong: typeof orders.store.settledAmong = async (ids) => {
    looks++;
    atOnceMax = Math.max(atOnceMax, ++atOnce);
    return orders.store.settledAmong(ids).finally(() => atOnce--);
  };
  const service = await orders.serve({ ...orders.store, settledAmong });
  const leaving = new AbortController();
  const ask = (path: string, prefer: string) =>
    fetch(service.url + path, { headers: { ...asUser(buyer), prefer }, signal: leaving.signal }).then((response) =>
      response.text(),
    );
  const waiting = [...Array(10).fill(`/orders/${id}`), ...Array(10).fill(`/orders/${id}/events`)].map((path: string) =>
    ask(path, 'wait=30'),
  );
  await eventually(() => assert.ok(looks > 2));
  assert.equal(atOnceMax, 1);
  // The HEAD request ends at once, so the service must not go on polling for it.
  await fetch(`${service.url}/orders/${id}/events`, { method: 'HEAD', headers: asUser(buyer) });
  leaving.abort();
  for (const each of waiting) await assert.rejects(each, { name: 'AbortError' });
  await eventually(async () => {
    const before = looks;
    await sleep(QUIET_MS);
    assert.equal(looks, before);
    // The polling must stop well before the waits of 30 s would end by themselves.
  }, 10_000);
  await service.close();
});
