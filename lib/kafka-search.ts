import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Admin, type Consumer } from 'kafkajs';
import { toReceived, type Received } from './kafka-consumer.ts';
import './kafka-timer.ts';

export interface Search {
  brokers: string[];
  prefix: string;
  topics: readonly string[];
  /** Only messages with this key. */
  key?: string;
  /** Messages from before it are passed over. Without it the topics are read from their beginning. */
  since?: Date | undefined;
  /** Of each partition only so many, the newest, are looked at. */
  newest?: number | undefined;
  /** Only this one message of each topic. */
  at?: { partition: number; offset: string } | undefined;
  withinMs: number;
}

export interface Find extends Received {
  writtenAt: Date;
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

export interface Findings {
  found: Find[];
  /** False when the topics are so long that time ran out. */
  whole: boolean;
  /** Topics that the cluster does not have. */
  missing: string[];
}

/**
 * The messages that topics have, oldest first, and whether they could be read to their end in the time given. It commits no offsets, and the group that it reads as, which Kafka asks of every
 * reader, is removed afterwards.
 */
export async function find({ brokers, prefix, topics, withinMs, key, ...part }: Search): Promise<Findings> {
  const kafka = new Kafka({ clientId: 'search', brokers, logLevel: logLevel.NOTHING, retry: RETRY, ...TIMEOUTS });
  const admin = kafka.admin({ retry: { ...RETRY, retries: 1 } });
  const groupId = `${prefix}search-${randomUUID()}`;
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    const wanted = topics.map((topic) => prefix + topic).filter((topic) => existing.has(topic));
    const missing = topics.filter((topic) => !existing.has(prefix + topic));
    // One after the other: what still asks while the connection is closed opens another one, and keeps the process alive.
    const stretches: Stretch[] = [];
    for (const topic of wanted) stretches.push(...(await stretchesOf(admin, topic, part)));
    if (stretches.length === 0) return { found: [], whole: true, missing };
    const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: WAIT_FOR_MESSAGES_MS });
    const { found, whole } = await read(consumer, { stretches, key, withinMs });
    await admin.deleteGroups([groupId]).catch(() => {});
    const inOrder = found.toSorted((a, b) => a.writtenAt.getTime() - b.writtenAt.getTime());
    return { found: inOrder.map((each) => ({ ...each, topic: each.topic.slice(prefix.length) })), whole, missing };
  } finally {
    await admin.disconnect();
  }
}

async function stretchesOf(
  admin: Admin,
  topic: string,
  { since, newest, at }: Pick<Search, 'since' | 'newest' | 'at'>,
): Promise<Stretch[]> {
  const ends = await admin.fetchTopicOffsets(topic);
  const later =
    since &&
    new Map(
      (await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime())).map(({ partition, offset }) => [
        partition,
        offset,
      ]),
    );
  return ends
    .map(({ partition, low, high }) => {
      const whole = { topic, partition, from: BigInt(later?.get(partition) ?? low), end: BigInt(high) };
      if (at)
        return within(
          whole,
          partition === at.partition ? { from: BigInt(at.offset), end: BigInt(at.offset) + 1n } : { from: 0n, end: 0n },
        );
      return newest === undefined ? whole : within(whole, { from: whole.end - BigInt(newest), end: whole.end });
    })
    .filter(({ from, end }) => from < end);
}

/** The part of a stretch between two offsets. */
const within = (stretch: Stretch, { from, end }: Pick<Stretch, 'from' | 'end'>): Stretch => ({
  ...stretch,
  from: from > stretch.from ? from : stretch.from,
  end: end < stretch.end ? end : stretch.end,
});

async function read(
  consumer: Consumer,
  { stretches, key, withinMs }: { stretches: Stretch[]; key: string | undefined; withinMs: number },
): Promise<Omit<Findings, 'missing'>> {
  const unread = new Map(stretches.map((stretch) => [`${stretch.topic} ${stretch.partition}`, stretch]));
  // By its place: what was fetched before the search went to its first offset may come again.
  const found = new Map<string, Find>();
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
        for (const message of batch.messages) {
          const offset = BigInt(message.offset);
          if (offset < stretch.from || offset >= stretch.end || (key !== undefined && message.key?.toString() !== key))
            continue;
          const find = { ...toReceived(batch, message), writtenAt: new Date(Number(message.timestamp)) };
          found.set(`${batch.topic} ${batch.partition} ${offset}`, find);
        }
        if (BigInt(batch.lastOffset()) >= stretch.end - 1n) unread.delete(`${batch.topic} ${batch.partition}`);
        if (unread.size === 0) end();
      },
    });
    for (const { topic, partition, from } of stretches) consumer.seek({ topic, partition, offset: String(from) });
    await over;
    return { found: [...found.values()], whole: unread.size === 0 };
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}
