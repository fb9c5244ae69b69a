/** What is published over a way on which answers are lost, and what others publish. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { createPublisher } from '../lib/kafka-publisher.ts';
import { eventually } from './support/eventually.ts';
import { startBroker, type Broker } from './support/kafka.ts';
import { startKafkaLink, type Link } from './support/link.ts';
import { env } from './support/temporal.ts';

const TOPIC = 'order-service.OrderCreated';
const SHARE = 0.3;

let broker: Broker;
let link: Link;

before(async () => {
  broker = await startBroker();
  await broker.createTopics();
  link = await startKafkaLink(env('KAFKA_BROKERS'));
});
after(async () => {
  await broker.close();
  link.close();
});

test('each message that was acknowledged is there, also when the answer to another one was lost at that moment', async () => {
  const publisher = broker.connect(link.address).createPublisher();
  const message = (n: number) => {
    const { headers, ...event } = broker.orderEvent('OrderCreated', { orderId: randomUUID(), userId: randomUUID() });
    // Where a letter that is set aside had no key, it has none either.
    return { ...event, headers: { ...headers, n: String(n) }, ...(n % 3 === 0 && { key: null }) };
  };
  await publisher.publish(message(-1));
  link.suffer({ kind: 'answers-lost', share: SHARE });
  const published = await Promise.allSettled(
    Array.from({ length: 150 }, async (_each, n) => {
      await publisher.publish(message(n));
      return n;
    }),
  );
  link.heal();
  const acknowledged = published.filter((each) => each.status === 'fulfilled').map(({ value }) => value);
  assert.ok(acknowledged.length > 0);
  await publisher.publish(message(1000));
  const count = await eventually(() => broker.size(TOPIC));
  const there = new Set((await broker.read(TOPIC, count)).map(({ headers }) => Number(headers['n'])));
  assert.deepEqual(
    acknowledged.filter((n) => !there.has(n)),
    [],
  );
  await publisher.close();
});

test('a connection is closed that came about for nothing', async () => {
  let closed = 0;
  const producer = {
    connect: () => Promise.reject(new Error('no number for this producer')),
    disconnect: async () => void closed++,
  };
  const publisher = createPublisher({ producer: () => producer } as unknown as Kafka, '');
  await assert.rejects(
    publisher.publish({ topic: TOPIC, key: 'a', value: 'b', headers: {} }),
    /no number for this producer/,
  );
  assert.equal(closed, 1);
  await publisher.close();
});

test('what another producer has compressed is kept plain, and is too large where it would be plain', async () => {
  const topic = `${broker.prefix}order-service.OrderCancelled`;
  const producer = new Kafka({
    brokers: [env('KAFKA_BROKERS')],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 30_000,
    requestTimeout: 30_000,
    retry: { retries: 0 },
  }).producer();
  await producer.connect();
  const send = (bytes: number) =>
    producer.send({ topic, compression: CompressionTypes.GZIP, messages: [{ key: 'a', value: 'x'.repeat(bytes) }] });
  await send(60_000);
  await assert.rejects(send(1_000_000), { type: 'MESSAGE_TOO_LARGE' });
  await producer.disconnect();
  assert.equal(await broker.size('order-service.OrderCancelled'), 1);
});
