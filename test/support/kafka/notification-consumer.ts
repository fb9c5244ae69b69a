import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from 'node:test';
import { consumeOrderEvents } from '../../../api/notifications/consumer.ts';
import type { NotificationStore } from '../../../api/notifications/store.ts';
import type { Message } from '../../../lib/kafka/message.ts';
import { createLog } from '../../../lib/log.ts';
import type { OrderEventName } from '../../../specs/generated/order-events.ts';
import { eventually } from '../eventually.ts';
import { startBroker, type Broker } from './broker.ts';
import { startNotifications, type Notifications } from './notifications.ts';

/** New for each test of the importing file. */
export let notifications: Notifications;
export let broker: Broker;
/** The number of new rows that the consumer has reported. */
export let recorded: number;
let consumptions: { close(): Promise<void> }[];

beforeEach(async () => {
  recorded = 0;
  consumptions = [];
  [notifications, broker] = await Promise.all([startNotifications(), startBroker()]);
});
afterEach(async () => {
  await Promise.all(consumptions.map((each) => each.close()));
  await broker.close();
  await notifications.close();
});

/** Starts a consumer. It is closed after the test. */
export function consume({
  store = notifications.store,
  groupId = 'notifications',
  transport = broker.transport,
}: { store?: Pick<NotificationStore, 'record'>; groupId?: string; transport?: Broker['transport'] } = {}) {
  const { publisher, codec } = broker;
  const consumption = consumeOrderEvents({
    transport,
    publisher,
    codec,
    store,
    groupId,
    log: createLog('silent'),
    onRecorded: () => recorded++,
  });
  consumptions.push(consumption);
  return consumption;
}

export const event = (type: OrderEventName, payload: object = {}, orderId: string = randomUUID()): Message =>
  broker.orderEvent(type, { orderId, userId: randomUUID(), ...payload });

export const publish = async (messages: Message[]) => {
  for (const message of messages) await broker.publisher.publish(message);
};

export const stored = () =>
  notifications.database.query<{ id: string; event_name: string; message: string; correlation_id: string }>(
    'select * from notifications order by seq',
  );

/** Waits until exactly these messages have rows. */
export const untilStored = (messages: Message[]) =>
  eventually(async () =>
    assert.deepEqual(
      (await stored()).map(({ id }) => id).sort(),
      messages.map(({ headers }) => headers['eventId']!).sort(),
    ),
  );
