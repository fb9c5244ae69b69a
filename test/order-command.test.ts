/** The command that tells the story of one order, run as an operator runs it, against real servers. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBillingStore } from '../api/billing/store.ts';
import { createNotificationStore } from '../api/notifications/store.ts';
import { eventDocument } from '../specs/generated/preferable/channels.ts';
import { chargeKey, orderEventId, orderWorkflowId } from '../specs/identity.ts';
import { createTransport } from '../lib/kafka.ts';
import { createLog } from '../lib/log.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { temporal } from './support/saga-temporal.ts';
import { askOutcome, env, startOrder, withWorker } from './support/temporal.ts';
import { createWorld } from './support/world.ts';

const prefix = `test-${randomUUID()}.`;
const nowhere = 'postgresql://nobody:nothing@127.0.0.1:1/nothing';
let databases: Record<'orders' | 'billing' | 'notifications', TestDatabase>;
let installation: Record<string, string>;

before(async () => {
  databases = {
    orders: await createDatabase('orders'),
    billing: await createDatabase('billing'),
    notifications: await createDatabase('notifications'),
  };
  installation = {
    ORDERS_DATABASE_URL: databases.orders.url,
    BILLING_DATABASE_URL: databases.billing.url,
    NOTIFICATIONS_DATABASE_URL: databases.notifications.url,
    TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS'),
    KAFKA_BROKERS: env('KAFKA_BROKERS'),
    KAFKA_TOPIC_PREFIX: prefix,
  };
});
after(async () => {
  for (const database of Object.values(databases)) await database.close();
});

/** Runs the command with these variables and no others. */
const tell = (words: string[], variables: Record<string, string> = installation) =>
  new Promise<{ code: number; out: string; complaint: string }>((resolve) => {
    execFile(process.execPath, ['bin/order.ts', ...words], { env: variables }, (error, out, complaint) =>
      resolve({ code: Number(error?.code ?? 0), out, complaint }),
    );
  });

/** The same, once all of the installation has answered: on a machine that is busy with other tests a part may miss its time. */
const tellWhole = (...words: string[]) =>
  eventually(async () => {
    const told = await tell(words);
    assert.doesNotMatch(told.out + told.complaint, /not (be )?read: /);
    return told;
  });

async function placeRow(
  { orderId, ownerId }: { orderId: string; ownerId: string },
  status: string,
  cancelCause: string | null = null,
): Promise<void> {
  const first = status === 'IN_PROGRESS' ? null : status;
  await databases.orders.query(
    `insert into orders (id, owner_id, price, version, status, first_status, cancel_cause, fingerprint, correlation_id) values ($1, $2, 30, 1, $3, $4, $5, 'f', 'test')`,
    [orderId, ownerId, status, first, cancelCause],
  );
}

/** An order that has gone all its way: every store and every server has its part of it. */
async function finishedOrder() {
  const world = createWorld();
  const { orderId, input } = world;
  await placeRow(input, 'SUCCESS');

  const billing = createBillingStore(databases.billing);
  await billing.replenish({
    ownerId: input.ownerId,
    scope: 'client',
    key: randomUUID(),
    kind: 'replenishment',
    amount: 100,
  });
  await billing.withdraw({
    ownerId: input.ownerId,
    scope: 'order',
    key: chargeKey(orderId),
    kind: 'withdrawal',
    amount: 30,
  });

  await withWorker(world.activities, async (taskQueue) => {
    await askOutcome(temporal.client, taskQueue, world);
    await temporal.client.workflow.getHandle(orderWorkflowId(orderId)).result();
  });

  const transport = createTransport({
    brokers: env('KAFKA_BROKERS').split(','),
    clientId: 'test',
    prefix,
    log: createLog('silent'),
  });
  await transport.createTopics(Object.values(eventDocument.channels), 1);
  const publisher = transport.createPublisher();
  for (const message of world.messages) await publisher.publish(message);
  await publisher.publish({ ...world.messages[0]!, key: randomUUID(), value: '"of another order"' });
  await publisher.close();
  await transport.close();

  const id = orderEventId(orderId, 'OrderCreated');
  await createNotificationStore(databases.notifications).record({
    id,
    userId: input.ownerId,
    orderId,
    eventName: 'OrderCreated',
    message: 'It is paid.',
    correlationId: 'test',
  });
  return { ...input, eventId: id };
}

const contents = async () => [
  await databases.orders.query('select * from orders order by id'),
  await databases.billing.query('select * from outcomes order by created_at'),
  await databases.billing.query('select * from transactions order by id'),
  await databases.billing.query('select * from billing_accounts'),
  await databases.notifications.query('select * from notifications'),
];

test('the story of an order has its row, its money, its history in order, its events and its notifications, and telling it changes nothing', async () => {
  const { orderId, ownerId, eventId } = await finishedOrder();
  const beforehand = await contents();
  const { code, out } = await tellWhole(orderId.toUpperCase());
  assert.equal(code, 0, out);

  const inOrder = [
    `Order ${orderId}`,
    'status           SUCCESS',
    `buyer            ${ownerId}`,
    `charge key ${chargeKey(orderId)}`,
    'CHARGED 30, balance after it 70',
    'withdrawal -30, transaction 2',
    `Workflow order-${orderId}`,
    'COMPLETED',
    'WorkflowExecutionStarted',
    'chargeOrder, within the task: charge 30 under key',
    'settleOrder, within the task: write SUCCESS to the order',
    'can be found by OrderStatus = SUCCESS',
    'announceOrder: announce that the order is SUCCESS',
    'announceOrder is done',
    'WorkflowExecutionCompleted',
    'Events in Kafka',
    `OrderCreated  order-service.OrderCreated partition`,
    `event id ${eventId}`,
    'Notifications',
    'mail PENDING',
    'It is paid.',
  ];
  let at = 0;
  for (const words of inOrder) {
    const next = out.indexOf(words, at);
    assert.notEqual(next, -1, `"${words}" is not there, or too early:\n${out}`);
    at = next;
  }
  assert.ok(!out.includes('of another order'), out);
  assert.deepEqual(await contents(), beforehand);
});

test('of an order under way it is told what is being tried, and why the try before failed', async () => {
  const world = createWorld({ charge: 'regular', billingAnswersFirst: Array.from({ length: 20 }, () => 503) });
  await placeRow(world.input, 'IN_PROGRESS');
  await withWorker(world.activities, async (taskQueue) => {
    const workflow = await startOrder(temporal.client, taskQueue, world);
    while (!(await workflow.describe()).raw.pendingActivities?.[0]?.lastFailure) await sleep(50);
    const { code, out } = await tellWhole(world.orderId);
    await workflow.terminate('the test has seen enough');
    assert.equal(code, 0, out);
    assert.match(
      out,
      /RUNNING[^]*chargeOrder: charge 30 under key[^]*under way: chargeOrder, attempt \d+, at \+[\d.]+ m?s; the one before: billing answered 503/,
    );
    assert.match(out, /nothing yet: billing/);
  });
});

test('what cannot be read is said in its place, and the rest is told', async () => {
  const orderId = randomUUID();
  await placeRow({ orderId, ownerId: randomUUID() }, 'IN_PROGRESS');
  const away = {
    ORDERS_DATABASE_URL: databases.orders.url,
    BILLING_DATABASE_URL: nowhere,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    KAFKA_BROKERS: '127.0.0.1:1',
  };
  const { code, out, complaint } = await tell([orderId], away);
  assert.deepEqual([code, complaint], [2, ''], out);
  for (const words of [
    'status           IN_PROGRESS',
    "not read: Can't reach database server",
    'not read: Temporal at 127.0.0.1:1 does not answer',
    'not read: Connection error',
    'not read: NOTIFICATIONS_DATABASE_URL is not set',
  ]) {
    assert.ok(out.includes(words), `"${words}" is missing:\n${out}`);
  }
  const unknown = await tell([randomUUID()], away);
  const rowless = await tell([orderId], { ...away, ORDERS_DATABASE_URL: nowhere });
  assert.deepEqual([unknown.code, unknown.out, rowless.code, rowless.complaint], [2, '', 2, '']);
  assert.match(rowless.out, /not read: Can't reach database server/);
  assert.match(unknown.complaint, /^There is no row of order .* could not be read: Temporal at .* does not answer/);
});

test('what should be there and is not, is called missing', async () => {
  const orderId = randomUUID();
  await placeRow({ orderId, ownerId: randomUUID() }, 'CANCELLED', 'buyer');
  const { code, out } = await tellWhole(orderId);
  assert.deepEqual([code, out.match(/missing:/g)?.length], [0, 5], out);
  assert.match(out, new RegExp(`asked for by the buyer[^]*Workflow cancel-${orderId}`));
});

test('an order that nobody knows, and an id that is none, are told apart', async () => {
  const unknown = randomUUID();
  assert.deepEqual(await tellWhole(unknown), { code: 1, out: `There is no order ${unknown}.\n`, complaint: '' });
  for (const words of [[], ['123'], [unknown, unknown]]) {
    const { code, out, complaint } = await tell(words);
    assert.deepEqual([code, out], [2, '']);
    assert.match(complaint, /Usage: npm run order <order id>/);
  }
});
