import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type logCreator } from 'kafkajs';
import type { Log } from '../log.ts';
import type { ConsumeOptions } from './consumer.ts';
import type { Publisher } from './message.ts';
import { createPublisher } from './publisher.ts';
import './cluster-metadata.ts';
import './timer.ts';
import { consumeTopics, type TopicsConsumption } from './topic-readers.ts';
import { retryTransient } from './transient.ts';

/** Many short waits, so that connections and consumers survive a broker restart. Publishers and admins retry less. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 100 };
const ADMIN_RETRY = { ...RETRY, retries: 3 };
const CONNECT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Brokers learn of a new topic with a delay. */
const TOPICS_WITHIN_MS = 10_000;
const POLL_MS = 50;

interface Topic {
  address: string;
  partitions: number;
  replicas: number;
  topicConfiguration: Readonly<Record<string, string>>;
}

export interface Transport {
  createPublisher(): Publisher;
  /**
   * Commits an offset after its handler has resolved; if it rejects, retries the message. Each topic is read
   * independently, in the group `<groupId>.<topic>`.
   */
  consume(options: { groupId: string } & ConsumeOptions): TopicsConsumption;
  /**
   * Returns the topics that it created; existing ones stay unchanged. Waits until the new ones can be read and written.
   * `replicasMax` is for small clusters.
   */
  createTopics(topics: readonly Topic[], replicasMax?: number): Promise<string[]>;
  /** Rejects if no broker answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Hides the Kafka client. `prefix` precedes the names of all topics and groups, so that installations can share a
 * cluster.
 */
export function createTransport({
  brokers,
  clientId,
  prefix = '',
  log,
}: {
  brokers: string[];
  clientId: string;
  prefix?: string;
  log: Log;
}): Transport {
  const kafka = new Kafka({
    clientId,
    brokers,
    retry: RETRY,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    logLevel: logLevel.WARN,
    logCreator: logTo(log),
  });
  const admin = kafka.admin({ retry: ADMIN_RETRY });
  let adminReady: Promise<void> | undefined;
  const asAdmin = async () => {
    adminReady ??= admin.connect();
    await adminReady.catch((error: unknown) => {
      adminReady = undefined;
      throw error;
    });
    return admin;
  };

  return {
    createPublisher: () => createPublisher(kafka, prefix),
    consume: (options) => consumeTopics({ kafka, prefix, log, ...options }),
    async createTopics(topics, replicasMax = Infinity) {
      // Not `admin`: a client keeps asking for the metadata of topics that it created, and fails after one is deleted.
      const creator = kafka.admin({ retry: ADMIN_RETRY });
      try {
        await creator.connect();
        const existing = new Set(await creator.listTopics());
        const missing = topics.filter(({ address }) => !existing.has(prefix + address));
        if (missing.length === 0) return [];
        const configs = missing.map((topic) => toTopicConfig(prefix, topic, replicasMax));
        // kafkajs's own wait fails while a broker does not know the topic yet.
        await creator.createTopics({ waitForLeaders: false, topics: configs });
        const created = configs.map(({ topic }) => topic);
        await untilListed(creator, created);
        for (const topic of created) await retryTransient.execute(() => creator.fetchTopicOffsets(topic));
        return created;
      } finally {
        await creator.disconnect();
      }
    },
    check: async () => void (await (await asAdmin()).describeCluster()),
    close: () => admin.disconnect(),
  };
}

async function untilListed(admin: Admin, topics: readonly string[]): Promise<void> {
  for (const deadline = Date.now() + TOPICS_WITHIN_MS; ; await sleep(POLL_MS)) {
    const listed = new Set(await admin.listTopics());
    if (topics.every((topic) => listed.has(topic))) return;
    if (Date.now() > deadline)
      throw new Error(`The broker created ${topics.join(', ')} but does not list all of them yet. Try again.`);
  }
}

function toTopicConfig(
  prefix: string,
  { address, partitions, replicas, topicConfiguration }: Topic,
  replicasMax: number,
) {
  const replicationFactor = Math.min(replicas, replicasMax);
  const configuration = {
    ...topicConfiguration,
    'min.insync.replicas': String(Math.min(Number(topicConfiguration['min.insync.replicas'] ?? 1), replicationFactor)),
  };
  return {
    topic: prefix + address,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(configuration).map(([name, value]) => ({ name, value })),
  };
}

/** kafkajs logs these as errors, but recovers: a new broker, for example, has no coordinator for a second. */
const EXPECTED =
  /GROUP_COORDINATOR_NOT_AVAILABLE|group coordinator|coordinator is (not available|loading)|rebalanc|not the leader|leadership|when calling eachMessage|InitProducerId/i;

/** While a broker is down, kafkajs repeats itself several times a second. */
const LOG_AGAIN_MS = 10_000;
const LOGGED_MAX = 200;

const logTo = (log: Log): logCreator => {
  const loggedAt = new Map<string, number>();
  return () =>
    ({ level, namespace, log: { message, error, groupId } }) => {
      const text = `${message} ${String(error ?? '')}`;
      const isNews = !EXPECTED.test(text) && performance.now() - (loggedAt.get(text) ?? -Infinity) > LOG_AGAIN_MS;
      if (loggedAt.size > LOGGED_MAX) loggedAt.clear();
      if (isNews) loggedAt.set(text, performance.now());
      const method = level > logLevel.WARN || !isNews ? 'debug' : level === logLevel.ERROR ? 'warn' : 'info';
      log[method](
        { kafka: namespace, groupId: groupId as string | undefined, error: error as string | undefined },
        message,
      );
    };
};
