/** An order exists once its row does, whatever time the row has: it is answered, read, listed and cancelled. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createOrderAuditView } from '../../../api/orders/audit-view.ts';
import { asUser } from '../../support/requests/callers.ts';
import { newKey, paid, startOrders, type Orders } from '../../support/shop/orders.ts';
import { openWithLongTimeouts } from '../../support/postgres/database.ts';
import { override } from '../../support/postgres/sessions.ts';
import { createOrderStore } from '../../../api/orders/store.ts';
import { requestOf, resultOf, database, store } from '../../support/shop/placing.ts';

const [EARLIEST, LATEST] = ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'];
const TIMES = { infinity: LATEST, '20000-01-01': LATEST, '-infinity': EARLIEST, '0044-03-15 BC': EARLIEST };

let orders: Orders;

before(async () => {
  orders = await startOrders();
  await orders.database.query(`
    create function strange_time() returns trigger language plpgsql as $$
    begin new.created_at := current_setting('test.time')::timestamptz; return new; end $$`);
  await orders.database.query(
    `create trigger strange_time before insert on orders for each row execute function strange_time()`,
  );
});

after(() => orders.close());

for (const [time, shown] of Object.entries(TIMES)) {
  test(`an order whose row has the time ${time} is answered as any other`, async () => {
    // Only connections that are opened afterwards get the setting.
    const name = new URL(orders.database.url).pathname.slice(1);
    await orders.database.query(`alter database ${name} set test.time = '${time}'`);
    const opened = openWithLongTimeouts(orders.database.url, { size: 1 });
    // Lends the connection, as each readiness check does.
    await opened.check();
    const placing = createOrderStore(opened);
    const service = await orders.serve(placing);
    const userId = randomUUID();
    orders.setOutcome(paid);

    const place = () =>
      fetch(`${service.url}/orders`, {
        method: 'POST',
        headers: { ...asUser(userId), ...newKey(), 'content-type': 'application/json' },
        body: '{"price":5}',
      });
    const placed = await place();
    const body = (await placed.json()) as { id: string; createdAt: string };
    assert.deepEqual([placed.status, body.createdAt], [201, shown]);
    assert.equal(placed.headers.get('location'), `/orders/${body.id}`);

    orders.setOutcome(undefined);
    assert.equal((await place()).status, 202);
    const read = await orders.read(asUser(userId), body.id);
    assert.deepEqual([read.status, (read.body as typeof body).createdAt], [200, shown]);
    const list = await orders.list(userId);
    assert.deepEqual([list.status, (list.body as unknown[]).length], [200, 2]);
    assert.equal((await orders.cancel(asUser(userId), body.id)).status, 200);

    const view = createOrderAuditView(orders.database);
    assert.equal((await view.find(body.id))?.createdAt.toISOString(), shown);
    assert.equal((await view.ofOwner(userId)).length, 2);
    await view.close();
    await service.close();
    await placing.close();
    await opened.close();
  });
}

test('an order whose insert cannot be read is found and answered', async () => {
  const request = requestOf(randomUUID());
  const opened = openWithLongTimeouts(database.url, { size: 1 });
  const late = createOrderStore(opened);
  for (const options of [{ ifMatch: 0 }, { ifMatch: 1, key: randomUUID() }]) {
    await override(opened, { datestyle: 'German' });
    assert.equal(resultOf(await late.place(request(options))), `placed ${options.ifMatch + 1}`);
  }
  await late.close();
  await opened.close();
});

test('an insert that fails for another reason places nothing', async () => {
  const ownerId = randomUUID();
  const asked = { ...requestOf(ownerId)({ ifMatch: 0 }), price: -1 };
  await assert.rejects(store.place(asked), /orders_price_check/);
  assert.deepEqual((await store.list(ownerId, { limit: 1 })).orders, []);
});
