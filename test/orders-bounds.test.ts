/** How many orders are worked on at a time, and how many may wait: beyond that an order is refused at once, and nothing of it is left. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createBounds } from '../api/orders/bounds.ts';
import { createAsk, outcomeOf, type Answer } from './support/asking.ts';
import { asUser } from './support/callers.ts';
import { eventually } from './support/eventually.ts';
import { newKey, startOrders, type Orders } from './support/orders.ts';

const IN_FLIGHT_MAX = 3;
const WAITING_MAX = 2;
let orders: Orders;

before(async () => {
  orders = await startOrders({ limits: { inFlightMax: IN_FLIGHT_MAX, waitingMax: WAITING_MAX } });
});
after(() => orders.close());

const rowsOf = (buyer: string) => orders.database.query('select from orders where owner_id = $1', [buyer]);

test('orders beyond those in flight are refused at once, and are taken under the same keys when there is room again', async () => {
  const buyer = randomUUID();
  const held = Promise.withResolvers<void>();
  let placing = 0;
  const slow: typeof orders.store.place = async (asked) => {
    placing++;
    await held.promise;
    return orders.store.place(asked);
  };
  const service = await orders.serve({ ...orders.store, place: slow });
  const place = (key: Record<string, string>): Promise<Answer> =>
    createAsk(service.url)('createOrder', 'POST', '/orders', {
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
  // What does not place anything goes on.
  assert.equal(
    outcomeOf(await createAsk(service.url)('listOrders', 'GET', '/orders', { headers: asUser(buyer) })),
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

test('beyond the orders that may wait an order is refused, while a repeat is still answered, until they have ended', async () => {
  const buyer = randomUUID();
  orders.end(undefined);
  const waiting = Array.from({ length: WAITING_MAX }, newKey);
  for (const key of waiting) assert.equal((await orders.place(buyer, key)).status, 202);

  const key = newKey();
  // How many wait is looked up from time to time only.
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

test('how many wait is looked up once in a while, however many orders come', async () => {
  let looks = 0;
  const { roomForNew } = createBounds({ waitingReaches: async () => ++looks > 0 }, { inFlightMax: 1, waitingMax: 1 });
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 50 }, roomForNew))), new Set([false]));
  assert.equal(looks, 1);
});

test('a look that has failed is no reason to refuse what comes after it', async () => {
  let looks = 0;
  const waitingReaches = async () => (++looks === 1 ? Promise.reject(new Error('the database is away')) : false);
  const { roomForNew } = createBounds({ waitingReaches }, { inFlightMax: 1, waitingMax: 1 });
  await assert.rejects(roomForNew(), /away/);
  assert.equal(await roomForNew(), true);
});
