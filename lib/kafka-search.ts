import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Admin, type Consumer, type EachBatchPayload } from 'kafkajs';
import { quietRequestQueue } from './kafka-timer.ts';

quietRequestQueue();

export interface Search {
  brokers: string[];
  prefix: string;
  topics: readonly string[];
  key: string;
  /** Messages from before it are passed over. Without it the topics are read from their beginning. */
  since?: Date | undefined;
  withinMs: number;
}

export interface Find {
  topic: string;
  partition: number;
  offset: string;
  writtenAt: Date;
  headers: Record<string, string>;
  value: string | null;
}

/** The part of a partition that is to be read: up to where it ended when the search began. */
interface Stretch {
  topic: string;
  partition: number;
  from: bigint;
  end: bigint;
}

const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000, enforceRequestTimeout: true };
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 5 };
const WAIT_FOR_MESSAGES_MS = 250;

/**
 * The messages with a key that the topics have, oldest first, and whether they could be read to their end in the time given. It
 * commits no offsets, and the group that it reads as, which Kafka asks of every reader, is removed afterwards.
 */
export async function findByKey({ brokers, prefix, topics, key, since, withinMs }: Search): Promise<{ found: Find[]; whole: boolean }> {
  const kafka = new Kafka({ clientId: 'search', brokers, logLevel: logLevel.NOTHING, retry: RETRY, ...TIMEOUTS });
  const admin = kafka.admin({ retry: { ...RETRY, retries: 1 } });
  const groupId = `${prefix}search-${randomUUID()}`;
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    const wanted = topics.map((topic) => prefix + topic).filter((topic) => existing.has(topic));
    const stretches = (await Promise.all(wanted.map((topic) => stretchesOf(admin, topic, since)))).flat();
    if (stretches.length === 0) return { found: [], whole: true };
    const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: WAIT_FOR_MESSAGES_MS });
    const { found, whole } = await read(consumer, { stretches, key, withinMs });
    await admin.deleteGroups([groupId]).catch(() => {});
    const inOrder = found.toSorted((a, b) => a.writtenAt.getTime() - b.writtenAt.getTime());
    return { found: inOrder.map((each) => ({ ...each, topic: each.topic.slice(prefix.length) })), whole };
  } finally {
    await admin.disconnect();
  }
}

async function stretchesOf(admin: Admin, topic: string, since: Date | undefined): Promise<Stretch[]> {
  const ends = await admin.fetchTopicOffsets(topic);
  const later = since && new Map((await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime())).map(({ partition, offset }) => [partition, offset]));
  return ends
    .map(({ partition, low, high }) => ({ topic, partition, from: BigInt(later?.get(partition) ?? low), end: BigInt(high) }))
    .filter(({ from, end }) => from < end);
}

async function read(
  consumer: Consumer,
  { stretches, key, withinMs }: { stretches: Stretch[]; key: string; withinMs: number },
): Promise<{ found: Find[]; whole: boolean }> {
  const unread = new Map(stretches.map((stretch) => [`${stretch.topic} ${stretch.partition}`, stretch]));
  const found: Find[] = [];
  const { promise: over, resolve: end, reject: fail } = Promise.withResolvers<void>();
  const timer = setTimeout(end, withinMs);
  try {
    consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error));
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(stretches.map(({ topic }) => topic))], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const stretch = unread.get(`${batch.topic} ${batch.partition}`);
        if (!stretch) return;
        found.push(
          ...batch.messages
            .filter((message) => message.key?.toString() === key && BigInt(message.offset) < stretch.end)
            .map((message) => toFind(batch, message)),
        );
        if (BigInt(batch.lastOffset()) >= stretch.end - 1n) unread.delete(`${batch.topic} ${batch.partition}`);
        if (unread.size === 0) end();
      },
    });
    for (const { topic, partition, from } of stretches) consumer.seek({ topic, partition, offset: String(from) });
    await over;
    return { found, whole: unread.size === 0 };
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}

const toFind = (
  { topic, partition }: EachBatchPayload['batch'],
  { offset, timestamp, headers, value }: EachBatchPayload['batch']['messages'][number],
): Find => ({
  topic,
  partition,
  offset,
  writtenAt: new Date(Number(timestamp)),
  headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, content]) => [name, String(content)])),
  value: value?.toString() ?? null,
});
