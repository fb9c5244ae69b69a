/** From events on a real broker to rows in a real database. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { consumeOrderEvents, orderTopics } from '../api/notifications/consumer.ts';
import type { EventName, NotificationStore } from '../api/notifications/store.ts';
import { deadLetterTopic } from '../lib/dead-letters.ts';
import type { Message } from '../lib/kafka.ts';
import { createLog } from '../lib/log.ts';
import { eventually } from './support/eventually.ts';
import { startBroker, type Broker } from './support/kafka.ts';
import { startKafkaLink } from './support/link.ts';
import { startNotifications, type Notifications } from './support/notifications.ts';
import { env } from './support/temporal.ts';

let notifications: Notifications;
let broker: Broker;
let recorded: number;
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

function consume({
  store = notifications.store,
  groupId = 'notifications',
  over = broker.transport,
}: { store?: Pick<NotificationStore, 'record'>; groupId?: string; over?: Broker['transport'] } = {}) {
  const { publisher, codec } = broker;
  const consumption = consumeOrderEvents({
    transport: over,
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

const event = (type: EventName, payload: object = {}, orderId: string = randomUUID()): Message =>
  broker.orderEvent(type, { orderId, userId: randomUUID(), ...payload });
const publish = async (messages: Message[]) => {
  for (const message of messages) await broker.publisher.publish(message);
};
const stored = () =>
  notifications.database.query<{ id: string; event_name: string; message: string; correlation_id: string }>(
    'select * from notifications order by seq',
  );
const untilStored = (messages: Message[]) =>
  eventually(async () =>
    assert.deepEqual(
      (await stored()).map(({ id }) => id).sort(),
      messages.map(({ headers }) => headers['eventId']!).sort(),
    ),
  );

test('each event of an order becomes one row, and its sender is woken', async () => {
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
      { OrderCreated: /placed/, OrderCancelled: /cancelled/, OrderRejected: /was not paid/ }[event_name]!,
    );
  }
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
  assert.equal(recorded, 3);
});

test('reading every topic again from its start changes no row and wakes nobody', async () => {
  await broker.createTopics();
  const events = Array.from({ length: 20 }, (_each, n) => event((['OrderCreated', 'OrderCancelled'] as const)[n % 2]!));
  // The publisher may repeat a message, too.
  await publish([...events, ...events]);
  consume();
  await untilStored(events);
  await notifications.store.sent(events[0]!.headers['eventId']!);
  const before = await stored();
  consume({ groupId: 'another' });
  await eventually(async () =>
    assert.deepEqual([await broker.lag('notifications'), await broker.lag('another')], [0, 0]),
  );
  assert.deepEqual(await stored(), before);
  assert.equal(recorded, 20);
});

test('poison is set aside as it came, with its cause, and what stands behind it is handled within ten seconds', async () => {
  await broker.createTopics();
  const good = event('OrderCreated');
  const behind = event('OrderCreated');
  let count = 0;
  const poisoned = (
    cause: RegExp,
    {
      headers = {},
      ...rest
    }: { value?: string | Buffer | null; headers?: Record<string, string | undefined>; key?: null },
  ) => {
    const all = {
      ...good.headers,
      traceparent: `00-${String(++count).padStart(32, '0')}-0000000000000001-01`,
      ...headers,
    };
    const sent = Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return { cause, message: { ...good, ...rest, headers: sent } };
  };
  const poison = [
    poisoned(/not JSON/, { value: 'not JSON' }),
    poisoned(/not JSON/, { value: Buffer.from([0xff, 0x00, 0xfe]) }),
    poisoned(/payload/, { value: null }),
    poisoned(/payload/, { value: '{}' }),
    poisoned(/payload/, { value: JSON.stringify({ orderId: 'no uuid', userId: randomUUID() }) }),
    poisoned(/payload/, {
      value: JSON.stringify({ orderId: randomUUID(), userId: randomUUID(), email: 'ada@example.org' }),
    }),
    poisoned(/schemaVersion/, { headers: { schemaVersion: '2' } }),
    poisoned(/no message "OrderShipped"/, { headers: { eventType: 'OrderShipped' } }),
    poisoned(/no message "OrderCancelled"/, { headers: { eventType: 'OrderCancelled' } }),
    poisoned(/eventId/, { headers: { eventId: undefined } }),
    poisoned(/eventId/, { headers: { eventId: 'no uuid' } }),
    poisoned(/correlationId/, { headers: { correlationId: 'a\u0000b' }, key: null }),
  ];
  await publish([good, ...poison.map(({ message }) => message), behind]);
  consume();
  await untilStored([good, behind]);

  const aside = await broker.read(deadLetterTopic('order-service.OrderCreated'), poison.length);
  for (const { message, cause } of poison) {
    const found = aside.find(({ headers }) => headers['traceparent'] === message.headers['traceparent'])!;
    assert.deepEqual(found.value, message.value === null ? null : Buffer.from(message.value));
    assert.match(found.headers['deadLetterReason']!, cause);
    const {
      deadLetterTopic: from,
      deadLetterPartition,
      deadLetterOffset,
      deadLetterReason,
      ...original
    } = found.headers;
    assert.deepEqual(
      [original, found.key?.toString() ?? null, from],
      [message.headers, message.key, 'order-service.OrderCreated'],
    );
    assert.match(`${deadLetterPartition} ${deadLetterOffset}`, /^\d \d+$/);
    assert.doesNotMatch(deadLetterReason!, /ada@/, 'what a message says may be personal');
  }
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
});

test('poison whose headers are no text is set aside too, however many they are', async () => {
  await broker.createTopics();
  const topic = 'order-service.OrderCreated';
  const producer = new Kafka({ brokers: [env('KAFKA_BROKERS')], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({
    topic: broker.prefix + topic,
    messages: [{ key: 'a', value: 'not JSON', headers: { noText: Buffer.alloc(60_000, 0xff) } }],
  });
  await producer.disconnect();
  consume();
  assert.equal((await broker.read(deadLetterTopic(topic), 1))[0]!.value!.toString(), 'not JSON');
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
});

test('a failure of ours is tried again and sets nothing aside', async () => {
  await broker.createTopics();
  const events = [
    event('OrderCreated'),
    event('OrderCreated'),
    event('OrderRejected', { reason: 'insufficient-funds' }),
  ];
  await publish(events);
  let failures = 5;
  // A TypeError looks to the client like a bug that is no use repeating.
  const record: NotificationStore['record'] = async (told) => {
    if (failures-- > 0) throw failures % 2 ? new Error('the database is away') : new TypeError('a bug of ours');
    return notifications.store.record(told);
  };
  consume({ store: { record } });
  await untilStored(events);
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
  assert.deepEqual(await Promise.all(orderTopics.map((topic) => broker.size(deadLetterTopic(topic)))), [0, 0, 0]);
});

test('closing does not wait for what keeps failing, and does not count it as read', async () => {
  await broker.createTopics();
  const told = event('OrderCreated');
  await publish([told]);
  let tried = 0;
  const consumption = consume({
    store: { record: () => Promise.reject(new Error(`the database is away (${++tried})`)) },
  });
  await eventually(() => assert.ok(tried >= 4));
  await consumption.close();
  consume();
  await untilStored([told]);
});

test('topics that are not there yet, and a broker that goes away, are waited for', async () => {
  const link = await startKafkaLink(env('KAFKA_BROKERS'));
  const over = broker.connect(link.address);
  const consumption = consume({ over });
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
