/** Five databases that were backed up at different moments are restored, audited and mended, as docs/backup.md says. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { createSaga } from '../api/orders/saga.ts';
import { orderTopics } from '../api/notifications/consumer.ts';
import { auditCommand } from '../bin/audit/run.ts';
import { orderCommand } from '../bin/operator/order-command.ts';
import { createLog } from '../lib/log.ts';
import { services, type ServiceName } from '../prisma/migrate.ts';
import { databaseVariable } from '../local/settings.ts';
import { orderId, orderWorkflowId } from '../specs/identity.ts';
import { createAsk } from './support/asking.ts';
import { createBuyer, type Buyer } from './support/buyer.ts';
import { copyOf } from './support/copies.ts';
import { eventually } from './support/eventually.ts';
import { startShop, type Shop } from './support/shop.ts';
import { env, realTemporal } from './support/temporal.ts';

type Backups = Record<ServiceName, string>;

const temporal = realTemporal();
const placed: string[] = [];
let shop: Shop;
let buyer: Buyer;
let underWay: string;
/** The databases as they were after so many orders. */
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
  underWay = await placeInTemporalOnly();
  backups.push(await copiesOf(services));
});
after(async () => {
  await shop.stop();
  await temporal.close();
});

/** An order that has ended, and that its buyer was told of. */
async function order(price: number): Promise<void> {
  placed.push((await buyer.order(price, { ifMatch: placed.length })).body.id);
  await eventually(async () => assert.equal((await buyer.notifications()).body.length, placed.length));
  await temporal.client.workflow.getHandle(orderWorkflowId(placed.at(-1)!)).result();
}

async function backup(...names: ServiceName[]): Promise<void> {
  await shop.kill();
  backups.push(await copiesOf(names));
  await shop.restart();
}

const copiesOf = async (names: readonly ServiceName[]): Promise<Partial<Backups>> =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await copyOf(shop.databases[name].url)])));

/** An order that was on its way when everything ended: its workflow is there, and its row was lost. */
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

/** Starts the shop on copies of these backups; Temporal and Kafka have gone on. */
async function restored(from: Backups): Promise<Shop> {
  const copies = await Promise.all(
    services.map(async (name) => [databaseVariable(name), await copyOf(from[name])] as const),
  );
  const { KAFKA_TOPIC_PREFIX, TEMPORAL_TASK_QUEUE } = shop.env as Record<string, string>;
  return startShop({
    env: {
      ...Object.fromEntries(copies),
      KAFKA_TOPIC_PREFIX: KAFKA_TOPIC_PREFIX!,
      TEMPORAL_TASK_QUEUE: TEMPORAL_TASK_QUEUE!,
    },
  });
}

/** Where an audit finds drift: its invariant and the number of the order, counted from 1. */
async function drifts(of: Shop): Promise<string[]> {
  const { text, exitCode } = await auditCommand([], of.env, { looksMax: 4, settleMs: 500 });
  const found = [...text.matchAll(/^(I\d+) +(?:order (\S+))?/gm)].map(([, invariant, id]) =>
    `${invariant} ${id ? nameOf(id) : ''}`.trim(),
  );
  assert.equal(exitCode, found.length > 0 ? 1 : 0, text);
  return found.toSorted();
}
const nameOf = (id: string) => (id === underWay ? 'under way' : String(placed.indexOf(id) + 1));

/** What an operator does. */
const act = async (of: Shop, verb: string, id: string, ...more: string[]) => {
  const { text, exitCode } = await orderCommand([verb, id, '--reason', 'restored from backups', ...more], of.env);
  assert.equal(exitCode, 0, text);
  return text;
};

/** Asks as the buyer, whose session is in every backup. */
const ask = async (of: Shop, operationId: string, path: string): Promise<any> =>
  (await createAsk(of.url)(operationId, 'GET', path, { headers: { cookie: buyer.cookie } })).body;
const balance = async (of: Shop): Promise<number> => (await ask(of, 'readBalance', '/payments')).amount;
const list = async (of: Shop) =>
  (await ask(of, 'listOrders', '/orders')).map(({ version, price, status }: any) => `${version} ${price} ${status}`);

/** Has the notifications read every event again. */
async function rewind(): Promise<void> {
  const admin = new Kafka({ brokers: [env('KAFKA_BROKERS')], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const prefix = shop.env['KAFKA_TOPIC_PREFIX']!;
  // A group whose members were killed is theirs until their session ends.
  for (const topic of orderTopics)
    await eventually(() =>
      admin.resetOffsets({ groupId: `${prefix}notifications`, topic: prefix + topic, earliest: true }),
    );
  await admin.disconnect();
}

test('billing from before the orders: they are charged again under their keys, and orders that were lost are written again', async () => {
  const [first, second, third] = backups;
  const again = await restored({ ...first, ...second, ...third } as Backups);
  try {
    await eventually(async () =>
      assert.match(
        (await orderCommand(['--stuck', '--longer-than', '0'], again.env)).text,
        new RegExp(`${underWay} +no row .* settleOrder`),
      ),
    );
    assert.deepEqual(await drifts(again), ['I15 3', 'I5 2', 'I7 under way', 'I8 3', 'I8 4', 'I8 under way']);

    for (const id of [...placed.slice(2), underWay])
      assert.match(await act(again, 'restore', id), /is written again as its workflow knows it/);
    await act(again, 'retry', underWay, '--again');
    await eventually(async () => assert.deepEqual(await drifts(again), ['I15 4', 'I5 2', 'I5 3', 'I5 4']));

    for (const id of placed.slice(1)) await act(again, 'retry', id, '--again');
    await eventually(async () => assert.deepEqual(await drifts(again), []));
    assert.deepEqual(await list(again), ['5 1 SUCCESS', '4 5 SUCCESS', '3 10 SUCCESS', '2 20 SUCCESS', '1 30 SUCCESS']);
    assert.equal(await balance(again), 100 - 66);
  } finally {
    await again.stop();
  }
});

test('orders from before billing: their rows are written again and they keep their charge; what was never charged can be cancelled', async () => {
  const [first, second, third, last] = backups;
  await rewind();
  const again = await restored({ ...first, ...second, ...third, billing: last!.billing! } as Backups);
  try {
    await eventually(async () =>
      assert.deepEqual(await drifts(again), [
        'I15 3',
        'I15 4',
        'I15 under way',
        'I7 3',
        'I7 4',
        'I8 3',
        'I8 4',
        'I8 under way',
      ]),
    );
    for (const id of [...placed.slice(2), underWay]) await act(again, 'restore', id);
    assert.match(await act(again, 'restore', underWay), /is there: SUCCESS. Nothing was written./);
    await eventually(async () => assert.deepEqual(await drifts(again), ['I5 under way']));

    assert.match(await act(again, 'cancel', underWay), /was SUCCESS and is CANCELLED/);
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
