import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Admin, type Consumer } from 'kafkajs';
import { toReceived } from './consumer.ts';
import type { Received } from './message.ts';
import './timer.ts';
import { retryTransient } from './transient.ts';

export interface Search {
  brokers: string[];
  prefix: string;
  topics: readonly string[];
  key?: string;
  /** Skips messages that are older than this. */
  since?: Date | undefined;
  /** Reads only the newest messages, up to this many per partition. */
  newest?: number | undefined;
  /** Only this message of each topic. */
  at?: { partition: number; offset: string } | undefined;
  withinMs: number;
}

export interface FoundMessage extends Received {
  writtenAt: Date;
}

/** Offsets to read; `end` is exclusive. Messages written after the search began are left out. */
interface OffsetRange {
  topic: string;
  partition: number;
  from: bigint;
  end: bigint;
}

const TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000, enforceRequestTimeout: true };
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 5 };
const WAIT_FOR_MESSAGES_MS = 250;

export interface SearchResult {
  found: FoundMessage[];
  /** False if time ran out. */
  complete: boolean;
  missing: string[];
}

/**
 * Returns matching messages, oldest first. Commits no offsets, and removes the temporary consumer group that kafkajs
 * needs.
 */
export async function searchTopics({ brokers, prefix, topics, withinMs, key, ...part }: Search): Promise<SearchResult> {
  const kafka = new Kafka({ clientId: 'search', brokers, logLevel: logLevel.NOTHING, retry: RETRY, ...TIMEOUTS });
  const admin = kafka.admin({ retry: { ...RETRY, retries: 1 } });
  const groupId = `${prefix}search-${randomUUID()}`;
  try {
    await admin.connect();
    const existing = new Set(await admin.listTopics());
    const wanted = topics.map((topic) => prefix + topic).filter((topic) => existing.has(topic));
    const missing = topics.filter((topic) => !existing.has(prefix + topic));
    // One by one, because a request still pending at disconnect would reopen the connection and block the exit.
    const ranges: OffsetRange[] = [];
    for (const topic of wanted) ranges.push(...(await retryTransient.execute(() => rangesOf(admin, topic, part))));
    if (ranges.length === 0) return { found: [], complete: true, missing };
    const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: WAIT_FOR_MESSAGES_MS });
    const { found, complete } = await read(consumer, { ranges, key, withinMs });
    await admin.deleteGroups([groupId]).catch(() => {});
    const inOrder = found.toSorted((a, b) => a.writtenAt.getTime() - b.writtenAt.getTime());
    return { found: inOrder.map((each) => ({ ...each, topic: each.topic.slice(prefix.length) })), complete, missing };
  } finally {
    await admin.disconnect();
  }
}

async function rangesOf(
  admin: Admin,
  topic: string,
  { since, newest, at }: Pick<Search, 'since' | 'newest' | 'at'>,
): Promise<OffsetRange[]> {
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
      const all = { topic, partition, from: BigInt(later?.get(partition) ?? low), end: BigInt(high) };
      if (at)
        return clip(
          all,
          partition === at.partition ? { from: BigInt(at.offset), end: BigInt(at.offset) + 1n } : { from: 0n, end: 0n },
        );
      return newest === undefined ? all : clip(all, { from: all.end - BigInt(newest), end: all.end });
    })
    .filter(({ from, end }) => from < end);
}

const clip = (range: OffsetRange, { from, end }: Pick<OffsetRange, 'from' | 'end'>): OffsetRange => ({
  ...range,
  from: from > range.from ? from : range.from,
  end: end < range.end ? end : range.end,
});

async function read(
  consumer: Consumer,
  { ranges, key, withinMs }: { ranges: OffsetRange[]; key: string | undefined; withinMs: number },
): Promise<Omit<SearchResult, 'missing'>> {
  const unread = new Map(ranges.map((range) => [`${range.topic} ${range.partition}`, range]));
  // Keyed by offset, because kafkajs may deliver a message twice after the consumer has moved to `from`.
  const found = new Map<string, FoundMessage>();
  const { promise: over, resolve: end, reject: fail } = Promise.withResolvers<void>();
  const timer = setTimeout(end, withinMs);
  try {
    consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error));
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(ranges.map(({ topic }) => topic))], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const range = unread.get(`${batch.topic} ${batch.partition}`);
        if (!range) return;
        for (const message of batch.messages) {
          const offset = BigInt(message.offset);
          if (offset < range.from || offset >= range.end || (key !== undefined && message.key?.toString() !== key))
            continue;
          const match = { ...toReceived(batch, message), writtenAt: new Date(Number(message.timestamp)) };
          found.set(`${batch.topic} ${batch.partition} ${offset}`, match);
        }
        if (BigInt(batch.lastOffset()) >= range.end - 1n) unread.delete(`${batch.topic} ${batch.partition}`);
        if (unread.size === 0) end();
      },
    });
    for (const { topic, partition, from } of ranges) consumer.seek({ topic, partition, offset: String(from) });
    await over;
    return { found: [...found.values()], complete: unread.size === 0 };
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
}
