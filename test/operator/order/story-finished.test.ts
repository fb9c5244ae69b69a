import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createBillingStore } from '../../../api/billing/store.ts';
import { createNotificationStore } from '../../../api/notifications/store.ts';
import { createTransport } from '../../../lib/kafka/transport.ts';
import { createLog } from '../../../lib/log.ts';
import { eventDocument } from '../../../specs/generated/preferable/channels.ts';
import { chargeKey, orderEventId } from '../../../specs/identity.ts';
import { orderWorkflowId } from '../../../specs/temporal.ts';
import { createWorld } from '../../support/fakes/world.ts';
import { databases, placeRow, runOrderComplete, topicPrefix } from '../../support/shop/order-command.ts';
import { awaitOutcome, env, withWorker } from '../../support/temporal/server.ts';
import { temporal } from '../../support/temporal/workflows.ts';

/** Creates a finished order with all that the databases, Temporal, Kafka and the mail server hold of it. */
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
    await awaitOutcome(temporal.client, taskQueue, world);
    await temporal.client.workflow.getHandle(orderWorkflowId(orderId)).result();
  });

  const transport = createTransport({
    brokers: env('KAFKA_BROKERS').split(','),
    clientId: 'test',
    prefix: topicPrefix,
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

test('the command shows row, money, history, events and notifications of an order, and changes nothing', async () => {
  const { orderId, ownerId, eventId } = await finishedOrder();
  const beforehand = await contents();
  const { code, out } = await runOrderComplete(orderId.toUpperCase());
  assert.equal(code, 0, out);

  const inOrder = [
    `Order ${orderId}`,
    'status           SUCCESS',
    `buyer            ${ownerId}`,
    `charge key ${chargeKey(orderId)}`,
    'CHARGED 30, balance afterwards 70',
    'withdrawal -30, transaction 2',
    `Workflow order-${orderId}`,
    'COMPLETED',
    'WorkflowExecutionStarted',
    'chargeOrder (local activity): charge 30 under key',
    'settleOrder (local activity): write SUCCESS to the order',
    'search attributes set: OrderStatus = SUCCESS',
    'announceOrder: announce that the order is SUCCESS',
    'announceOrder completed',
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
