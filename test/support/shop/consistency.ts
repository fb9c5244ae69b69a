import assert from 'node:assert/strict';
import type { Client } from '@temporalio/client';
import { chargeKey } from '../../../specs/identity.ts';
import { orderWorkflowId } from '../../../specs/temporal.ts';
import type { order } from '../../../workflows/order.ts';
import type { Shop } from './shop.ts';

export interface OrderRow {
  id: string;
  owner_id: string;
  price: string;
  version: number;
  status: string;
}

interface Charge {
  owner_id: string;
  amount: string | null;
  is_cancelled: boolean | null;
  outcome: string;
}

type Databases = Shop['databases'];

/** Fails unless all orders are final and consistent with money, notifications and workflows. Returns the orders. */
export async function assertAllConsistent(
  { databases }: Pick<Shop, 'databases'>,
  temporal: Client,
): Promise<OrderRow[]> {
  const orders = await databases.orders.query<OrderRow>(
    'select id, owner_id, price, version, status from orders order by created_at, id',
  );
  assert.deepEqual(
    orders.filter(({ status }) => status === 'IN_PROGRESS'),
    [],
    'orders in progress',
  );
  await assertMoney(databases);
  await assertVersions(databases);
  await assertCharges(databases, orders);
  await assertNotified(databases, orders);
  for (const { id, status } of orders) {
    const run = temporal.workflow.getHandle<typeof order>(orderWorkflowId(id));
    assert.deepEqual([id, (await run.describe()).status.name, (await run.result()).status], [id, 'COMPLETED', status]);
  }
  return orders;
}

/** Balances are the sum of uncancelled movements, and no key has moved money twice. */
async function assertMoney({ billing }: Databases): Promise<void> {
  const wrongBalances = await billing.query(`
    select owner_id, amount from billing_accounts as account
    where amount <> (select coalesce(sum(amount), 0) from transactions where owner_id = account.owner_id and not is_cancelled)`);
  const repeatedKeys = await billing.query(
    'select idempotency_key from transactions group by owner_id, scope, idempotency_key having count(*) > 1',
  );
  assert.deepEqual([wrongBalances, repeatedKeys], [[], []]);
}

/** The versions of a buyer's orders are 1 … n. */
async function assertVersions({ orders }: Databases): Promise<void> {
  assert.deepEqual(
    await orders.query(
      'select owner_id from orders group by owner_id having max(version) <> count(*) or min(version) <> 1',
    ),
    [],
  );
}

/** Only successful orders have a valid charge, with their price and owner; each charge has an order. */
async function assertCharges({ billing }: Databases, orders: OrderRow[]): Promise<void> {
  const rows = await billing.query<Charge & { key: string }>(`
    select outcomes.idempotency_key as key, outcomes.owner_id, outcomes.outcome, transactions.amount, transactions.is_cancelled
    from outcomes left join transactions on transactions.id = outcomes.transaction_id where outcomes.scope = 'order'`);
  const charges = new Map(rows.map(({ key, ...charge }) => [key, charge]));
  for (const { id, owner_id, price, status } of orders) {
    const charge = charges.get(chargeKey(id));
    const paid =
      charge?.outcome === 'CHARGED' &&
      charge.is_cancelled === false &&
      charge.owner_id === owner_id &&
      charge.amount === `-${price}`;
    const unpaid =
      charge !== undefined &&
      ['DECLINED', 'CANCELLED', 'REFUNDED'].includes(charge.outcome) &&
      charge.is_cancelled !== false;
    assert.ok(status === 'SUCCESS' ? paid : unpaid, `order ${id} is ${status} with ${JSON.stringify(charge)}`);
    charges.delete(chargeKey(id));
  }
  assert.deepEqual([...charges], [], 'charges without an order');
}

const events: Record<string, string> = {
  SUCCESS: 'OrderCreated',
  FAILED: 'OrderRejected',
  CANCELLED: 'OrderCancelled',
};

/** Each order's owner was notified once, by the event of its final status. */
async function assertNotified({ notifications }: Databases, orders: OrderRow[]): Promise<void> {
  const found = await notifications.query<{ line: string }>(
    `select concat_ws(' ', order_id, user_id, event_name) as line from notifications order by line`,
  );
  const expected = orders.map(({ id, owner_id, status }) => `${id} ${owner_id} ${events[status]}`);
  assert.deepEqual(
    found.map(({ line }) => line),
    expected.sort(),
  );
}
