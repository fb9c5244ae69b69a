import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSaga } from '../../api/orders/workflow.ts';
import { createLog } from '../../lib/log.ts';
import { auditCommand } from '../../operator/audit/command.ts';
import { orderCommand } from '../../operator/order/command.ts';
import { services, type ServiceName } from '../../prisma/migrate.ts';
import { orderId } from '../../specs/identity.ts';
import { orderWorkflowId } from '../../specs/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { act, copiesOf, restored, rewind, type Backups } from '../support/postgres/backups.ts';
import { createContractClient } from '../support/requests/contract-client.ts';
import { createBuyer, type Buyer } from '../support/shop/buyer.ts';
import { startShop, type Shop } from '../support/shop/shop.ts';
import { realTemporal } from '../support/temporal/server.ts';

const temporal = realTemporal();
const placed: string[] = [];
let shop: Shop;
let buyer: Buyer;
let inFlight: string;
const backups: Array<Partial<Backups>> = [];

before(async () => {
  shop = await startShop();
  buyer = await createBuyer(shop.url, { balance: 100 });
  await order(30);
  await backup('auth', 'users', 'billing');
  await order(20);
  await backup('orders');
  await order(10);
  await backup('notifications');
  await order(5);
  await shop.kill();
  inFlight = await placeInTemporalOnly();
  backups.push(await copiesOf(shop, services));
});
after(async () => {
  await shop.stop();
  await temporal.close();
});

/** Places an order and waits until it is final and its buyer is notified. */
async function order(price: number): Promise<void> {
  placed.push((await buyer.order(price, { ifMatch: placed.length })).body.id);
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, placed.length));
  await temporal.client.workflow.getHandle(orderWorkflowId(placed.at(-1)!)).result();
}

async function backup(...names: ServiceName[]): Promise<void> {
  await shop.kill();
  backups.push(await copiesOf(shop, names));
  await shop.restart();
}

/** Starts a workflow without an order row, as if the row of an order in flight had been lost. */
async function placeInTemporalOnly(): Promise<string> {
  const id = orderId(buyer.id);
  const options = {
    answerDeadlineMs: 20_000,
    orderDeadlineS: 86_400,
    charge: 'regular' as const,
    log: createLog('silent'),
  };
  const saga = createSaga({ ...options, temporal: temporal.client, taskQueue: shop.env['TEMPORAL_TASK_QUEUE']! });
  const row = {
    id,
    userId: buyer.id,
    price: 1,
    version: 5,
    status: 'IN_PROGRESS',
    reason: null,
    firstStatus: null,
    cancelCause: null,
  } as const;
  await saga.start({ ...row, correlationId: 'test', traceparent: null, createdAt: new Date().toISOString() });
  return id;
}

/** Runs an audit. Returns each drift as the violated invariant and the number of the order: 1 was placed first. */
async function drifts(of: Shop): Promise<string[]> {
  const { text, exitCode } = await auditCommand([], of.env, { checksMax: 4, pauseMs: 500 });
  const found = [...text.matchAll(/^(I\d+) +(?:order (\S+))?/gm)].map(([, invariant, id]) =>
    `${invariant} ${id ? nameOf(id) : ''}`.trim(),
  );
  assert.equal(exitCode, found.length > 0 ? 1 : 0, text);
  return found.toSorted();
}
const nameOf = (id: string) => (id === inFlight ? 'in flight' : String(placed.indexOf(id) + 1));

/** Sends a request as the buyer, whose session is in every backup. */
const ask = async (of: Shop, operationId: string, path: string): Promise<any> =>
  (await createContractClient(of.url)(operationId, 'GET', path, { headers: { cookie: buyer.cookie } })).body;
const balance = async (of: Shop): Promise<number> => (await ask(of, 'readBalance', '/payments')).amount;
const list = async (of: Shop) =>
  (await ask(of, 'listOrders', '/orders')).map(({ version, price, status }: any) => `${version} ${price} ${status}`);

test('with an older billing backup, lost rows are restored and orders are charged again under their keys', async () => {
  const [first, second, third] = backups;
  const again = await restored(shop, { ...first, ...second, ...third } as Backups);
  try {
    await eventually(async () =>
      assert.match(
        (await orderCommand(['--stuck', '--longer-than', '0'], again.env)).text,
        new RegExp(`${inFlight} +no row .* chargeOrder`),
      ),
    );
    assert.deepEqual(await drifts(again), ['I15 3', 'I5 2', 'I8 3', 'I8 4', 'I8 in flight']);

    for (const id of [...placed.slice(2), inFlight])
      assert.match(await act(again, 'restore', id), /was recreated from its workflow/);
    await act(again, 'retry', inFlight, '--again');
    await eventually(async () => assert.deepEqual(await drifts(again), ['I15 4', 'I5 2', 'I5 3', 'I5 4']));

    for (const id of placed.slice(1)) await act(again, 'retry', id, '--again');
    await eventually(async () => assert.deepEqual(await drifts(again), []));
    assert.deepEqual(await list(again), ['5 1 SUCCESS', '4 5 SUCCESS', '3 10 SUCCESS', '2 20 SUCCESS', '1 30 SUCCESS']);
    assert.equal(await balance(again), 100 - 66);
  } finally {
    await again.stop();
  }
});

test('with an older orders backup, lost rows keep their charges, and an uncharged order can be cancelled', async () => {
  const [first, second, third, last] = backups;
  await rewind(shop);
  const again = await restored(shop, { ...first, ...second, ...third, billing: last!.billing! } as Backups);
  try {
    await eventually(async () =>
      assert.deepEqual(await drifts(again), [
        'I15 3',
        'I15 4',
        'I15 in flight',
        'I7 3',
        'I7 4',
        'I8 3',
        'I8 4',
        'I8 in flight',
      ]),
    );
    for (const id of [...placed.slice(2), inFlight]) await act(again, 'restore', id);
    assert.match(await act(again, 'restore', inFlight), /already has a row \(SUCCESS\). Nothing was written./);
    await eventually(async () => assert.deepEqual(await drifts(again), ['I5 in flight']));

    assert.match(await act(again, 'cancel', inFlight), /was SUCCESS and is now CANCELLED/);
    await eventually(async () => assert.deepEqual(await drifts(again), []));
    assert.deepEqual(await list(again), [
      '5 1 CANCELLED',
      '4 5 SUCCESS',
      '3 10 SUCCESS',
      '2 20 SUCCESS',
      '1 30 SUCCESS',
    ]);
    assert.equal(await balance(again), 100 - 65);
  } finally {
    await again.stop();
  }
});
