/** Which placing gets a version of a buyer's list, is stale, or finds an earlier order. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { heldPlacing } from '../../support/postgres/sessions.ts';
import { database, fifty, requestOf, resultOf, store } from '../../support/shop/placing.ts';

test('buyers do not wait for each other, and two buyers may use the same key', async () => {
  const key = randomUUID();
  const held = await heldPlacing(database.url, (one) => one.place(requestOf(randomUUID())({ ifMatch: 0, key })));
  assert.equal(resultOf(await store.place(requestOf(randomUUID())({ ifMatch: 0, key }))), 'placed 1');
  await held.end(true);
});

test('a repeat finds its order by key, whatever version it names, and gets the fingerprint of the first request', async () => {
  const request = requestOf(randomUUID());
  const key = randomUUID();
  const first = await store.place(request({ ifMatch: 0, key }));
  await store.place(request({ ifMatch: 1 }));
  for (const ifMatch of [0, 1, 2, 7, undefined]) {
    const again = await store.place(request({ ifMatch, key, fingerprint: 'six' }));
    assert.ok(first.kind === 'placed' && again.kind === 'found');
    assert.deepEqual([again.order, again.fingerprint], [first.order, 'five']);
  }
});

test('a version that is not the current one places nothing and does not use up the key', async () => {
  const request = requestOf(randomUUID());
  const key = randomUUID();
  assert.equal(resultOf(await store.place(request({ ifMatch: 2147483646, key }))), 'stale at 0');
  assert.equal(resultOf(await store.place(request({ ifMatch: 0, key }))), 'placed 1');
  assert.equal(resultOf(await store.place(request({ ifMatch: 0 }))), 'stale at 1');
  assert.equal(resultOf(await store.place(request({ ifMatch: 2 }))), 'stale at 1');
});

test('of 50 placings on the same version, one is placed and 49 are stale', async () => {
  const request = requestOf(randomUUID());
  const all = await Promise.all(fifty(() => store.place(request({ ifMatch: 0 }))));
  assert.deepEqual(all.map(resultOf).sort(), ['placed 1', ...Array<string>(49).fill('stale at 1')]);
});

test('of 50 placings under the same key, one is placed and 49 find it', async () => {
  const request = requestOf(randomUUID());
  const key = randomUUID();
  const all = await Promise.all(fifty((n) => store.place(request({ key, ifMatch: n % 2 ? 0 : undefined }))));
  assert.deepEqual(all.map(resultOf).sort(), [...Array<string>(49).fill('found 1'), 'placed 1']);
  assert.equal(new Set(all.map((placed) => 'order' in placed && placed.order.id)).size, 1);
});

test('50 placings without a version get the versions 1 to 50', async () => {
  const request = requestOf(randomUUID());
  const all = await Promise.all(fifty(() => store.place(request({ key: randomUUID() }))));
  assert.deepEqual(all.map(resultOf).sort(), fifty((n) => `placed ${n + 1}`).sort());
});

test('an order is settled once, and its other columns never change', async () => {
  const placed = await store.place(requestOf(randomUUID())({ ifMatch: 0 }));
  assert.ok(placed.kind === 'placed');
  const { id } = placed.order;
  const settled = await Promise.all(
    fifty((n) => store.settle(id, n % 2 ? 'SUCCESS' : 'FAILED', n % 2 ? null : 'deadline')),
  );
  assert.equal(new Set(settled.map((order) => JSON.stringify(order))).size, 1);
  for (const change of [
    'price = 6',
    'version = 2',
    `owner_id = '${randomUUID()}'`,
    "fingerprint = 'six'",
    `status = 'IN_PROGRESS'`,
  ]) {
    await assert.rejects(database.query(`update orders set ${change} where id = $1`, [id]), /order/);
  }
});

test('a failed order cannot be cancelled, and a successful one is cancelled once', async () => {
  for (const [first, then, reason] of [
    ['FAILED', 'FAILED', 'deadline'],
    ['SUCCESS', 'CANCELLED', 'buyer'],
  ] as const) {
    const placed = await store.place(requestOf(randomUUID())({ ifMatch: 0 }));
    assert.ok(placed.kind === 'placed');
    await store.settle(placed.order.id, first, first === 'FAILED' ? 'deadline' : null);
    for (const cause of ['buyer', 'operator'] as const) {
      const cancelled = await store.cancel(placed.order.id, cause);
      assert.deepEqual([cancelled?.status, cancelled?.firstStatus, cancelled?.reason], [then, first, reason]);
    }
  }
});
