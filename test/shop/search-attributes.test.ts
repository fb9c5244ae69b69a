/** The whole app in a Temporal namespace that lacks the search attributes at first. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { registerMissing } from '../../lib/temporal/search-attributes.ts';
import { orderWorkflowId } from '../../specs/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { createContractClient } from '../support/requests/contract-client.ts';
import { createBuyer } from '../support/shop/buyer.ts';
import { startShop, type Shop } from '../support/shop/shop.ts';
import { createNamespace, type TestNamespace } from '../support/temporal/namespace.ts';

const WATCHED = ['ORDERS', 'WORKER', 'AUDITOR'] as const;
const ports: Record<string, number> = {};
let namespace: TestNamespace;
let shop: Shop;

before(async () => {
  namespace = await createNamespace();
  for (const role of WATCHED) ports[role] = await freePort();
  shop = await startShop({
    env: {
      ...Object.fromEntries(WATCHED.map((role) => [`${role}_PORT`, String(ports[role])])),
      TEMPORAL_NAMESPACE: namespace.name,
      AUDIT_EVERY_MS: '200',
    },
  });
});
after(async () => {
  await shop?.stop();
  await namespace?.temporal.close();
});

const readinessOf = async (role: (typeof WATCHED)[number]) => {
  const response = await fetch(`http://127.0.0.1:${ports[role]}/health/ready`);
  return { code: response.status, ...((await response.json()) as { status: string; reasons?: object }) };
};

test('without search attributes, readiness names them; orders are kept, and end once the attributes exist', async () => {
  const buyer = await createBuyer(shop.url, { balance: 100 });
  for (const role of WATCHED) {
    const { code, status, reasons } = await readinessOf(role);
    assert.deepEqual([role, code, status], [role, 200, 'degraded']);
    assert.match(JSON.stringify(reasons), /OrderStatus.*OrderOwner.*OrderStuck/);
  }
  const { body } = await createContractClient(shop.url)('ready', 'GET', '/health/ready');
  assert.deepEqual([body.status, body.roles.orders, body.roles.worker], ['degraded', 'degraded', 'degraded']);

  const placed = [await buyer.order(5, { ifMatch: 0 }), await buyer.order(7, { ifMatch: 1 })];
  assert.deepEqual(
    placed.map((answer) => [answer.status, answer.body.status]),
    [
      [202, 'IN_PROGRESS'],
      [202, 'IN_PROGRESS'],
    ],
  );
  assert.equal((await buyer.ask('cancelOrder', 'PUT', `/orders/${placed[1]!.body.id}/cancellation`)).status, 202);
  const first = namespace.temporal.client.workflow.getHandle(orderWorkflowId(placed[0]!.body.id));
  await assert.rejects(first.describe());

  await registerMissing(namespace.connection, namespace.name);
  const statusOf = async (n: number) => (await buyer.readOrder(placed[n]!.body.id)).body.status as string;
  await eventually(async () => assert.deepEqual([await statusOf(0), await statusOf(1)], ['SUCCESS', 'CANCELLED']));
  assert.equal(await buyer.balance(), 95);
  await eventually(async () => {
    for (const role of WATCHED) assert.equal((await readinessOf(role)).status, 'ready');
  });
});
