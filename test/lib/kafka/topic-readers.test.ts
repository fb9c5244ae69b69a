/** A fault of one topic, on a real broker: the other topics are read as before. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { register } from 'prom-client';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { consumeTopics, type TopicsConsumption } from '../../../lib/kafka/topic-readers.ts';
import { groupOfTopic } from '../../../lib/kafka/topic-groups.ts';
import { Kafka, logLevel } from 'kafkajs';
import type { OrderEventName } from '../../../specs/generated/order-events.ts';
import { eventDocument } from '../../../specs/generated/preferable/channels.ts';
import { eventually } from '../../support/eventually.ts';
import { startBroker, type Broker } from '../../support/kafka/broker.ts';
import { env } from '../../support/temporal/server.ts';

const CREATED = 'order-service.OrderCreated';
const REJECTED = 'order-service.OrderRejected';
const CANCELLED = 'order-service.OrderCancelled';

let broker: Broker;
let consumption: TopicsConsumption | undefined;
/** Ids of the orders of all handled events. */
let handled: string[];
let log: string[];
/** Orders whose events cannot be handled. */
let heldUp: string[];

beforeEach(async () => {
  [handled, log, heldUp] = [[], [], []];
  broker = await startBroker();
});
afterEach(async () => {
  await consumption?.close();
  consumption = undefined;
  await broker.close();
});

function consume(topics: readonly string[] = orderTopics): TopicsConsumption {
  const lines = new Writable({ write: (line, _encoding, done) => (log.push(String(line)), done()) });
  consumption = consumeTopics({
    kafka: new Kafka({ brokers: [env('KAFKA_BROKERS')], logLevel: logLevel.NOTHING, retry: { retries: 100 } }),
    prefix: broker.prefix,
    groupId: 'test',
    topics,
    log: pino({}, lines),
    handle: async ({ key }) => {
      const id = key!.toString();
      if (heldUp.includes(id)) throw new Error('this message cannot be handled');
      handled.push(id);
    },
  });
  return consumption;
}

/** Publishes an event. Returns the order's id. */
async function publish(type: OrderEventName): Promise<string> {
  const orderId = randomUUID();
  const reason = type === 'OrderRejected' && { reason: 'deadline' };
  await broker.publisher.publish(broker.orderEvent(type, { orderId, userId: randomUUID(), ...reason }));
  return orderId;
}

const untilHandled = (id: string, withinMs?: number) =>
  eventually(() => assert.ok(handled.includes(id), 'not handled'), withinMs);

/** The names of the topics that the checks report. */
async function unread(): Promise<string[]> {
  const results = await Promise.all(
    consumption!.topics.map(async ({ topic, check }) =>
      check().then(
        () => [],
        () => [topic],
      ),
    ),
  );
  return results.flat();
}

async function metric(topic: string): Promise<number | undefined> {
  const { values } = await register.getSingleMetric('kafka_topic_reading')!.get();
  return values.find(({ labels }) => labels['topic'] === topic)?.value;
}

const create = (topics: readonly string[]) =>
  broker.transport.createTopics(
    Object.values(eventDocument.channels).filter(({ address }) => topics.includes(address)),
    1,
  );

test('when a topic is deleted, the others are read on, and it is read again once it is back', async () => {
  await broker.createTopics();
  consume();
  await untilHandled(await publish('OrderCreated'));
  await untilHandled(await publish('OrderRejected'));
  await eventually(async () => assert.deepEqual([await unread(), await metric(REJECTED)], [[], 1]));

  await broker.deleteTopic(REJECTED);
  // Well below the time after which a group removes a silent member, and a silent consumer is replaced.
  for (let n = 0; n < 10; n++) {
    await untilHandled(await publish('OrderCreated'), 3_000);
    await untilHandled(await publish('OrderCancelled'), 3_000);
  }
  await eventually(async () => assert.deepEqual(await unread(), [REJECTED]));
  await assert.rejects(consumption!.check(), new RegExp(`${REJECTED}.*not being read`));
  await eventually(async () => assert.deepEqual([await metric(REJECTED), await metric(CREATED)], [0, 1]));
  assert.match(log.join(''), new RegExp(`"level":50.*"topic":"${REJECTED}".*the topic is not being read`));

  await create([REJECTED]);
  await untilHandled(await publish('OrderRejected'));
  await eventually(async () => assert.deepEqual([await unread(), await metric(REJECTED)], [[], 1]));
});

test('a topic that is missing at the start does not keep the others from being read', async () => {
  await create([CREATED, REJECTED]);
  consume();
  await untilHandled(await publish('OrderCreated'));
  await untilHandled(await publish('OrderRejected'));
  await eventually(async () => assert.deepEqual(await unread(), [CANCELLED]));
  assert.equal(await metric(CANCELLED), 0);
  await create([CANCELLED]);
  await untilHandled(await publish('OrderCancelled'));
});

test('a message that cannot be handled does not hold up other topics', async () => {
  await broker.createTopics();
  const orderId = randomUUID();
  heldUp.push(orderId);
  await broker.publisher.publish(broker.orderEvent('OrderCreated', { orderId, userId: randomUUID() }));
  consume();
  await eventually(() => assert.match(log.join(''), /this message cannot be handled/));
  for (let n = 0; n < 5; n++) await untilHandled(await publish('OrderCancelled'), 3_000);
  heldUp.length = 0;
  await untilHandled(orderId);
});

test('offsets that an earlier release committed in one group for all topics are kept', async () => {
  await broker.createTopics();
  const before = [await publish('OrderCreated'), await publish('OrderCreated'), await publish('OrderCancelled')];
  await readAsEarlierRelease(before.length);
  const after = [await publish('OrderCreated'), await publish('OrderCancelled')];
  consume();
  for (const id of after) await untilHandled(id);
  await eventually(async () => assert.equal(await broker.lag('test'), 0));
  assert.deepEqual(handled.toSorted(), after.toSorted());

  // The second start finds the offsets of the topics' own groups.
  await consumption!.close();
  const last = await publish('OrderCreated');
  consume();
  await untilHandled(last);
  assert.equal(handled.length, after.length + 1);
  assert.deepEqual(await groups(), [CREATED, CANCELLED].map((topic) => groupOfTopic('test', topic)).toSorted());
});

/** Reads all topics with one consumer, as releases did that had one group. */
async function readAsEarlierRelease(count: number): Promise<void> {
  const consumer = new Kafka({ brokers: [env('KAFKA_BROKERS')], logLevel: logLevel.NOTHING }).consumer({
    groupId: `${broker.prefix}test`,
  });
  let read = 0;
  await consumer.connect();
  await consumer.subscribe({ topics: orderTopics.map((topic) => broker.prefix + topic), fromBeginning: true });
  await consumer.run({ eachMessage: async () => void read++ });
  await eventually(() => assert.equal(read, count));
  await consumer.disconnect();
}

/** The topics' groups that have committed offsets. */
async function groups(): Promise<string[]> {
  const { groups: all } = await broker.admin.listGroups();
  const own = all.map(({ groupId }) => groupId).filter((id) => id.startsWith(`${broker.prefix}test.`));
  const committed = await Promise.all(
    own.map(async (groupId) => ((await broker.admin.fetchOffsets({ groupId })).length > 0 ? [groupId] : [])),
  );
  return committed
    .flat()
    .map((groupId) => groupId.slice(broker.prefix.length))
    .toSorted();
}
