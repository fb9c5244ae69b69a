/** Orders above the limits of concurrent placings and open orders are refused without effect. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createBounds } from '../../../api/orders/bounds.ts';
import { eventually } from '../../support/eventually.ts';
import { asUser } from '../../support/requests/callers.ts';
import { createContractClient, outcomeOf, type Answer } from '../../support/requests/contract-client.ts';
import { newKey, startOrders, type Orders } from '../../support/shop/orders.ts';

const IN_FLIGHT_MAX = 3;
const WAITING_MAX = 2;
let orders: Orders;

before(async () => {
  orders = await startOrders({ limits: { inFlightMax: IN_FLIGHT_MAX, waitingMax: WAITING_MAX } });
});
after(() => orders.close());

const rowsOf = (buyer: string) => orders.database.query('select from orders where owner_id = $1', [buyer]);

test('orders above the in-flight limit are refused and can be placed under the same keys later', async () => {
  const buyer = randomUUID();
  const held = Promise.withResolvers<void>();
  let placing = 0;
  const slow: typeof orders.store.place = async (request) => {
    placing++;
    await held.promise;
    return orders.store.place(request);
  };
  const service = await orders.serve({ ...orders.store, place: slow });
  const place = (key: Record<string, string>): Promise<Answer> =>
    createContractClient(service.url)('createOrder', 'POST', '/orders', {
      headers: { ...asUser(buyer), ...key },
      body: { price: 5 },
    });

  const inFlight = Array.from({ length: IN_FLIGHT_MAX }, () => place(newKey()));
  await eventually(() => assert.equal(placing, IN_FLIGHT_MAX));
  const keys = [newKey(), newKey()];
  for (const key of keys) {
    const refused = await place(key);
    assert.deepEqual([outcomeOf(refused), refused.headers.get('retry-after')], ['503 unavailable', '1']);
  }
  assert.deepEqual([placing, await rowsOf(buyer)], [IN_FLIGHT_MAX, []]);
  assert.equal(
    outcomeOf(await createContractClient(service.url)('listOrders', 'GET', '/orders', { headers: asUser(buyer) })),
    '200',
  );

  held.resolve();
  assert.deepEqual((await Promise.all(inFlight)).map(outcomeOf), Array(IN_FLIGHT_MAX).fill('201'));
  for (const key of keys) {
    const taken = await place(key);
    assert.deepEqual([taken.status, taken.headers.get('idempotent-replayed')], [201, null]);
  }
  await service.close();
});

test('above the limit of open orders new orders are refused until open ones end, and repeats are still answered', async () => {
  const buyer = randomUUID();
  orders.setOutcome(undefined);
  const waiting = Array.from({ length: WAITING_MAX }, newKey);
  for (const key of waiting) assert.equal((await orders.place(buyer, key)).status, 202);

  const key = newKey();
  await eventually(async () => assert.equal(outcomeOf(await orders.place(randomUUID(), newKey())), '503 unavailable'));
  const refused = await orders.place(buyer, key);
  assert.deepEqual([outcomeOf(refused), refused.headers.get('retry-after')], ['503 unavailable', '1']);
  assert.equal(outcomeOf(await orders.place(buyer, waiting[0]!)), '202');
  assert.equal((await rowsOf(buyer)).length, WAITING_MAX);

  for (const { id } of await orders.database.query<{ id: string }>(
    `select id from orders where status = 'IN_PROGRESS'`,
  ))
    await orders.store.settle(id, 'SUCCESS', null);
  await eventually(async () => {
    const taken = await orders.place(buyer, key);
    assert.deepEqual(
      [taken.status, taken.headers.get('idempotent-replayed'), taken.body.version],
      [202, null, WAITING_MAX + 1],
    );
  });
});

test('concurrent requests share one query for the number of open orders', async () => {
  let queries = 0;
  const { hasRoom } = createBounds({ waitingReaches: async () => ++queries > 0 }, { inFlightMax: 1, waitingMax: 1 });
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 50 }, hasRoom))), new Set([false]));
  assert.equal(queries, 1);
});

test('a failed query for the number of open orders does not affect later orders', async () => {
  let queries = 0;
  const waitingReaches = async () => (++queries === 1 ? Promise.reject(new Error('the database is down')) : false);
  const { hasRoom } = createBounds({ waitingReaches }, { inFlightMax: 1, waitingMax: 1 });
  await assert.rejects(hasRoom(), /down/);
  assert.equal(await hasRoom(), true);
});
