/** A broker lists a new topic before it serves the topic. Nobody may notice. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { searchTopics } from '../../../lib/kafka/search.ts';
import { eventDocument } from '../../../specs/generated/preferable/channels.ts';
import { startBroker } from '../../support/kafka/broker.ts';
import { env } from '../../support/temporal/server.ts';

const ROUNDS = 4;
const channels = Object.values(eventDocument.channels);
const brokers = [env('KAFKA_BROKERS')];

test('topics can be read as soon as createTopics has resolved', async () => {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  for (let round = 0; round < ROUNDS; round++) {
    const broker = await startBroker();
    for (const topic of await broker.transport.createTopics(channels, 1)) await admin.fetchTopicOffsets(topic);
    await broker.close();
  }
  await admin.disconnect();
});

test('a search waits until a new topic is served', async () => {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  for (let round = 0; round < ROUNDS; round++) {
    const prefix = `test-${randomUUID()}.`;
    const topics = channels.map(({ address }) => address);
    await admin.createTopics({ topics: topics.map((topic) => ({ topic: prefix + topic })), waitForLeaders: false });
    const listed = async () => (await admin.listTopics()).filter((topic) => topic.startsWith(prefix)).length;
    while ((await listed()) < topics.length);
    assert.deepEqual(await searchTopics({ brokers, prefix, topics, withinMs: 30_000 }), {
      found: [],
      complete: true,
      missing: [],
    });
  }
  await admin.disconnect();
});
