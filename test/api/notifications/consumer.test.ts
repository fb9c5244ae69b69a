/** Each order event on a real broker becomes one row. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { messageOf } from '../../../api/notifications/messages.ts';
import type { OrderEventName } from '../../../specs/generated/order-events.ts';
import { eventually } from '../../support/eventually.ts';
import { startKafkaLink } from '../../support/fakes/link.ts';
import {
  broker,
  consume,
  event,
  notifications,
  publish,
  recorded,
  stored,
  untilStored,
} from '../../support/kafka/notification-consumer.ts';
import { env } from '../../support/temporal/server.ts';

test('each order event becomes one row and wakes the sender', async () => {
  await broker.createTopics();
  const orderId = randomUUID();
  const events = [
    event('OrderCreated', {}, orderId),
    event('OrderCancelled', {}, orderId),
    event('OrderRejected', { reason: 'deadline' }),
  ];
  await publish(events);
  const consumption = consume();
  await untilStored(events);
  await eventually(() => consumption.check());
  for (const { event_name, message, correlation_id } of await stored()) {
    assert.equal(correlation_id, 'test');
    assert.match(
      message,
      { OrderCreated: /placed/, OrderCancelled: /cancelled/, OrderRejected: /could not be completed/ }[event_name]!,
    );
  }
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
  assert.equal(recorded, 3);
});

test('an event of a newer release becomes the row that this release would write', async () => {
  await broker.createTopics();
  const events = [event('OrderCreated'), event('OrderRejected', { reason: 'deadline' }), event('OrderCancelled')];
  const added = { name: 'OrderShipped', eventName: 'x', id: 5, message: null, delivery: { address: { city: 'Riga' } } };
  const newer = events.map(({ value, headers, ...rest }) => ({
    ...rest,
    value: JSON.stringify({ ...JSON.parse(String(value)), ...added }),
    headers: { ...headers, schemaVersion: '1.3', region: 'eu' },
  }));
  await publish(newer);
  consume();
  await untilStored(events);
  for (const { event_name, message } of await stored()) {
    const { orderId } = JSON.parse(String(events.find(({ topic }) => topic.endsWith(event_name))!.value));
    assert.equal(message, messageOf({ name: event_name as OrderEventName, orderId, reason: 'deadline' }));
  }
});

test('reading every topic again from its start changes no row and does not wake the sender', async () => {
  await broker.createTopics();
  const events = Array.from({ length: 20 }, (_each, n) => event((['OrderCreated', 'OrderCancelled'] as const)[n % 2]!));
  await publish([...events, ...events]);
  consume();
  await untilStored(events);
  await notifications.store.markSent(events[0]!.headers['eventId']!);
  const before = await stored();
  consume({ groupId: 'another' });
  await eventually(async () =>
    assert.deepEqual([await broker.lag('notifications'), await broker.lag('another')], [0, 0]),
  );
  assert.deepEqual(await stored(), before);
  assert.equal(recorded, 20);
});

test('closing does not wait for a message that keeps failing and does not commit its offset', async () => {
  await broker.createTopics();
  const message = event('OrderCreated');
  await publish([message]);
  let attempts = 0;
  const consumption = consume({
    store: { record: () => Promise.reject(new Error(`the database is down (${++attempts})`)) },
  });
  await eventually(() => assert.ok(attempts >= 4));
  await consumption.close();
  consume();
  await untilStored([message]);
});

test('the consumer waits for topics that do not exist yet and for a broker that is disconnected', async () => {
  const link = await startKafkaLink(env('KAFKA_BROKERS'));
  const consumption = consume({ transport: broker.connect(link.address) });
  await assert.rejects(consumption.check());
  await broker.createTopics();
  const first = event('OrderCreated');
  await publish([first]);
  await untilStored([first]);

  link.cut();
  const second = event('OrderCreated');
  await publish([second]);
  await eventually(() => assert.rejects(consumption.check()));
  link.heal();
  await untilStored([first, second]);
  await eventually(() => consumption.check());
  await consumption.close();
  link.close();
});
