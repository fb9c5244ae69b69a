/** Pages of orders by age contain each order once, whatever its time and whatever the session's time zone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ordersInProgress, unfinishedCancellations } from '../../../api/auditor/unstarted.ts';
import type { Order } from '../../../api/orders/order.ts';
import { createOrderStore } from '../../../api/orders/store.ts';
import { createDatabase, openWithLongTimeouts } from '../../support/postgres/database.ts';
import { insertOrder } from '../../support/postgres/rows.ts';
import { override } from '../../support/postgres/sessions.ts';

const AGES_S = [60, 60, 60, 60.0004, 60.0006, -3_600];
const TIMES = ['-infinity', 'infinity', '20000-01-01', '0044-03-15 BC'];

for (const timezone of ['UTC', 'Asia/Tokyo', 'America/New_York']) {
  test(`every page continues after the previous one in a session with the time zone ${timezone}`, async () => {
    const database = await createDatabase('orders');
    const ids: string[] = [];
    for (const ageS of AGES_S) ids.push(await insertOrder(database, { ageS }));
    await database.query('alter table orders disable trigger all');
    for (const time of TIMES) {
      const id = await insertOrder(database);
      await database.query('update orders set created_at = $2 where id = $1', [id, time]);
      ids.push(id);
    }
    await database.query('alter table orders alter created_at type timestamptz(6)');
    await database.query(
      `update orders set cancel_cause = 'buyer', created_at = created_at + interval '1 microsecond'`,
    );

    const opened = openWithLongTimeouts(database.url, { size: 1 });
    await override(opened, { timezone });
    const store = createOrderStore(opened);
    for (const read of [store.inProgress, store.cancelling]) {
      const found: string[] = [];
      for (let after: Order | undefined, full = true; full && found.length <= ids.length;) {
        const page = await read({ olderThanMs: 5_000, limit: 2, after });
        found.push(...page.map(({ id }) => id));
        after = page.at(-1);
        full = page.length === 2;
      }
      assert.deepEqual(found.sort(), ids.sort());
    }
    await store.close();
    await opened.close();
    await database.close();
  });
}

test('the auditor gets past its first page in any time zone', async () => {
  const database = await createDatabase('orders');
  await database.query(
    `insert into orders (id, owner_id, price, version, status, cancel_cause, fingerprint, correlation_id, created_at)
     select gen_random_uuid(), gen_random_uuid(), 5, 1, 'IN_PROGRESS', 'buyer', 'f', 'test', now() - interval '1 minute'
     from generate_series(1, 250)`,
  );
  const opened = openWithLongTimeouts(database.url, { size: 1 });
  await override(opened, { timezone: 'Asia/Tokyo' });
  const store = createOrderStore(opened);
  for (const rows of [ordersInProgress(store, async () => {}), unfinishedCancellations(store, async () => {})]) {
    const seen = new Set<string>();
    for await (const { workflowId } of rows) {
      assert.ok(!seen.has(workflowId), 'a page was read twice');
      seen.add(workflowId);
    }
    assert.equal(seen.size, 250);
  }
  await store.close();
  await opened.close();
  await database.close();
});
