/** Acknowledged messages are stored even if other acknowledgements are lost. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { createPublisher } from '../../../lib/kafka/publisher.ts';
import { eventually } from '../../support/eventually.ts';
import { startKafkaLink, type Link } from '../../support/fakes/link.ts';
import { startBroker, type Broker } from '../../support/kafka/broker.ts';
import { env } from '../../support/temporal/server.ts';

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

test('every acknowledged message is stored, even if acknowledgements of others are lost at the same time', async () => {
  const publisher = broker.connect(link.address).createPublisher();
  const message = (n: number) => {
    const { headers, ...event } = broker.orderEvent('OrderCreated', { orderId: randomUUID(), userId: randomUUID() });
    // Every third message has no key, like a dead letter whose original had none.
    return { ...event, headers: { ...headers, n: String(n) }, ...(n % 3 === 0 && { key: null }) };
  };
  await publisher.publish(message(-1));
  link.inject({ kind: 'answers-lost', share: SHARE });
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
  const stored = new Set((await broker.read(TOPIC, count)).map(({ headers }) => Number(headers['n'])));
  assert.deepEqual(
    acknowledged.filter((n) => !stored.has(n)),
    [],
  );
  await publisher.close();
});

test('a producer whose connect fails is disconnected', async () => {
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

test('the broker stores compressed messages uncompressed and rejects those whose uncompressed size is too large', async () => {
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
