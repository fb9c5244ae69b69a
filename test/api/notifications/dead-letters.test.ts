/** Unprocessable order events, and only those, go to the dead-letter topic without blocking the partition. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import type { NotificationStore } from '../../../api/notifications/store.ts';
import { deadLetterTopic } from '../../../lib/kafka/dead-letters.ts';
import { eventually } from '../../support/eventually.ts';
import {
  broker,
  consume,
  event,
  notifications,
  publish,
  untilStored,
} from '../../support/kafka/notification-consumer.ts';
import { env } from '../../support/temporal/server.ts';

test('unprocessable messages go to the dead-letter topic unchanged, with their reason, and the messages behind them are handled', async () => {
  await broker.createTopics();
  const good = event('OrderCreated');
  const behind = event('OrderCreated');
  let count = 0;
  const unprocessable = (
    reason: RegExp,
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
    return { reason, message: { ...good, ...rest, headers: sent } };
  };
  const bad = [
    unprocessable(/not JSON/, { value: 'not JSON' }),
    unprocessable(/not JSON/, { value: Buffer.from([0xff, 0x00, 0xfe]) }),
    unprocessable(/payload/, { value: null }),
    unprocessable(/payload/, { value: '{}' }),
    unprocessable(/payload/, { value: JSON.stringify({ orderId: 'no uuid', userId: randomUUID() }) }),
    unprocessable(/payload/, {
      value: JSON.stringify({ orderId: randomUUID(), userId: 'ada@example.org' }),
    }),
    unprocessable(/schemaVersion/, { headers: { schemaVersion: '2' } }),
    unprocessable(/no message "OrderShipped"/, { headers: { eventType: 'OrderShipped' } }),
    unprocessable(/no message "OrderCancelled"/, { headers: { eventType: 'OrderCancelled' } }),
    unprocessable(/eventId/, { headers: { eventId: undefined } }),
    unprocessable(/eventId/, { headers: { eventId: 'no uuid' } }),
    unprocessable(/correlationId/, { headers: { correlationId: 'a\u0000b' }, key: null }),
  ];
  await publish([good, ...bad.map(({ message }) => message), behind]);
  consume();
  await untilStored([good, behind]);

  const deadLetters = await broker.read(deadLetterTopic('order-service.OrderCreated'), bad.length);
  for (const { message, reason } of bad) {
    const found = deadLetters.find(({ headers }) => headers['traceparent'] === message.headers['traceparent'])!;
    assert.deepEqual(found.value, message.value === null ? null : Buffer.from(message.value));
    assert.match(found.headers['deadLetterReason']!, reason);
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
    assert.doesNotMatch(deadLetterReason!, /ada@/, 'the content of a message may be personal');
  }
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
});

test('an unprocessable message with a large binary header also goes to the dead-letter topic', async () => {
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

test("the shop's own failures are retried and produce no dead letters", async () => {
  await broker.createTopics();
  const events = [
    event('OrderCreated'),
    event('OrderCreated'),
    event('OrderRejected', { reason: 'insufficient-funds' }),
  ];
  await publish(events);
  let failures = 5;
  // kafkajs by itself does not retry after a TypeError.
  const record: NotificationStore['record'] = async (notification) => {
    if (failures-- > 0) throw failures % 2 ? new Error('the database is down') : new TypeError('a bug in the shop');
    return notifications.store.record(notification);
  };
  consume({ store: { record } });
  await untilStored(events);
  await eventually(async () => assert.equal(await broker.lag('notifications'), 0));
  assert.deepEqual(await Promise.all(orderTopics.map((topic) => broker.size(deadLetterTopic(topic)))), [0, 0, 0]);
});
