/** A real broker refuses some messages. No other message fails or is delayed because of that. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { register } from 'prom-client';
import type { Message } from '../../../lib/kafka/message.ts';
import { deadLetterTopic } from '../../../lib/kafka/dead-letters.ts';
import { startBroker, type Broker } from '../../support/kafka/broker.ts';

const TOPIC = 'order-service.OrderCreated';
const MISSING = 'order-service.OrderForgotten';
const TOO_LARGE = 'x'.repeat(100_000);
/** Less than kafkajs needs to give up a message whose topic is missing. */
const AT_ONCE_MS = 1_500;

let broker: Broker;

beforeEach(async () => {
  broker = await startBroker();
  await broker.createTopics();
});
afterEach(() => broker.close());

const message = (content: Partial<Message> = {}): Message => ({
  topic: TOPIC,
  key: randomUUID(),
  value: '{}',
  headers: {},
  ...content,
});
const publish = (content?: Partial<Message>) => broker.publisher.publish(message(content));
const reasonOf = ({ reason }: PromiseRejectedResult) => (reason as Error).message;
const storedValues = async (topic: string, count: number) =>
  (await broker.read(topic, count)).map(({ value }) => String(value));

async function failures(topic: string): Promise<number> {
  const { values } = await register.getSingleMetric('kafka_publish_failures_total')!.get();
  return values.find(({ labels }) => labels['topic'] === topic)?.value ?? 0;
}

test('messages to a missing topic neither fail nor delay messages to other topics', async () => {
  // Opens the producers that the topics need.
  const many = () => Promise.all(Array.from({ length: 50 }, () => publish()));
  await Promise.all([many(), publish({ topic: deadLetterTopic(TOPIC) })]);
  const refused = Promise.allSettled(Array.from({ length: 50 }, () => publish({ topic: MISSING })));
  const startedMs = performance.now();
  // Many messages, some with the same key, so that they would wait if the refused ones blocked a shared queue.
  const key = randomUUID();
  await Promise.all([many(), publish({ key }), publish({ key, topic: deadLetterTopic(TOPIC) })]);
  const ms = performance.now() - startedMs;
  assert.ok(ms < AT_ONCE_MS, `they took ${ms} ms`);
  const results = await refused;
  assert.deepEqual(
    results.filter(({ status }) => status === 'fulfilled'),
    [],
  );
  assert.match(reasonOf(results[0] as PromiseRejectedResult), new RegExp(`${MISSING} did not take the message`));
  assert.ok((await failures(MISSING)) >= 50);
});

test('after a topic was deleted, messages to other topics are published as before', async () => {
  const other = 'order-service.OrderCancelled';
  for (let n = 0; n < 8; n++) await Promise.all([publish(), publish({ topic: other })]);
  await broker.deleteTopic(other);
  const lost = Array.from({ length: 8 }, () => publish({ topic: other }).catch((error: Error) => error));
  for (let n = 0; n < 8; n++) await publish();
  assert.ok((await Promise.all(lost)).every((each) => each instanceof Error));
  assert.equal(await broker.size(TOPIC), 16);
});

test('a message that is too large fails alone, among messages with other keys', async () => {
  const good = Array.from({ length: 40 }, (_each, n) => String(n));
  const published = good.flatMap((value, n) => [
    publish({ value }),
    ...(n % 10 === 0 ? [publish({ value: TOO_LARGE })] : []),
  ]);
  const results = await Promise.allSettled(published);
  const failed = results.filter((each) => each.status === 'rejected');
  assert.equal(failed.length, 4);
  for (const each of failed) assert.match(reasonOf(each), /larger than the max/);
  assert.deepEqual((await storedValues(TOPIC, good.length)).toSorted(), good.toSorted());
});

test('a message without a key fails alone, among other messages without a key', async () => {
  const results = await Promise.allSettled([
    publish({ key: null, value: 'a' }),
    publish({ key: null, value: TOO_LARGE }),
    publish({ key: null, value: 'b' }),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('messages with the same key keep their order, and those behind a refused one fail with it', async () => {
  const key = randomUUID();
  const values = Array.from({ length: 20 }, (_each, n) => (n === 10 ? TOO_LARGE : String(n)));
  const results = await Promise.allSettled(values.map((value) => publish({ key: Buffer.from(key), value })));
  assert.deepEqual(
    results.map(({ status }) => status),
    values.map((_value, n) => (n < 10 ? 'fulfilled' : 'rejected')),
  );
  for (const value of values.slice(11)) await publish({ key, value });
  assert.deepEqual(
    await storedValues(TOPIC, 19),
    values.filter((value) => value !== TOO_LARGE),
  );
});
