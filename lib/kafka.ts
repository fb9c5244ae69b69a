import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type logCreator } from 'kafkajs';
import { consume, type ConsumeOptions, type Consumption } from './kafka-consumer.ts';
import { createPublisher } from './kafka-publisher.ts';
import './kafka-timer.ts';
import type { Log } from './log.ts';

export type { Consumption, Content, Received } from './kafka-consumer.ts';

/** Survives a broker's restart with no failed send: short waits, many of them. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 100 };
const CONNECT_TIMEOUT_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Brokers hear of a new topic a moment after it was made. */
const TOPICS_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;
const WAIT_FOR_MESSAGES_MS = 250;
/** How long the others of a group wait for a member that died. Longer than a handler takes between two signs of life. */
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_000;

/** Bytes where a message is handed on as it came. */
export interface Message {
  topic: string;
  key: string | Buffer | null;
  /** Null deletes on a compacted topic. */
  value: string | Buffer | null;
  headers: Record<string, string>;
}

export interface Publisher {
  /** Resolves once all in-sync replicas of the broker have the message. May publish twice when an answer was lost: readers drop a repeat by its event id. */
  publish(message: Message): Promise<void>;
  close(): Promise<void>;
}

/** A channel of the events' document, as far as making its topic goes. */
export interface Topic {
  address: string;
  partitions: number;
  replicas: number;
  topicConfiguration: Readonly<Record<string, string>>;
}

export interface Transport {
  createPublisher(): Publisher;
  /** Reads the topics as one of a group, from now until it is closed. The offset is committed after the handler has resolved; a handler that rejects is called again with the same message. */
  consume(options: { groupId: string } & ConsumeOptions): Consumption;
  /** Makes the topics that do not exist yet, and answers their names. Those that exist stay as they are. `replicasMax` is for a smaller cluster. */
  createTopics(topics: readonly Topic[], replicasMax?: number): Promise<string[]>;
  /** Resolves when a broker answers. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The one place that knows which Kafka client is used. `prefix` is put before every topic name, so that installations can share a cluster. */
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
  const admin = kafka.admin({ retry: { ...RETRY, retries: 3 } });
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
    consume: ({ groupId, topics, handle }) =>
      consume(() => createConsumer(kafka, prefix + groupId), {
        topics: topics.map((topic) => prefix + topic),
        handle: (message) => handle({ ...message, topic: message.topic.slice(prefix.length) }),
        log,
      }),
    async createTopics(topics, replicasMax = Infinity) {
      const existing = new Set(await (await asAdmin()).listTopics());
      const missing = topics.filter(({ address }) => !existing.has(prefix + address));
      if (missing.length === 0) return [];
      // The client's own wait takes a broker that has not heard of a new topic yet for a failure.
      await admin.createTopics({
        waitForLeaders: false,
        topics: missing.map((topic) => toTopicConfig(prefix, topic, replicasMax)),
      });
      const made = missing.map(({ address }) => prefix + address);
      await untilListed(admin, made);
      return made;
    },
    check: async () => void (await (await asAdmin()).describeCluster()),
    close: () => admin.disconnect(),
  };
}

async function untilListed(admin: Admin, topics: readonly string[]): Promise<void> {
  for (const deadline = Date.now() + TOPICS_WITHIN_MS; ; await sleep(LOOK_AGAIN_MS)) {
    const listed = new Set(await admin.listTopics());
    if (topics.every((topic) => listed.has(topic))) return;
    if (Date.now() > deadline) throw new Error(`The broker made ${topics.join(', ')} and does not list all of them`);
  }
}

const createConsumer = (kafka: Kafka, groupId: string) =>
  kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: WAIT_FOR_MESSAGES_MS,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    // No restart of its own: the reader above it begins again after any failure.
    retry: { ...RETRY, restartOnFailure: async () => false },
  });

function toTopicConfig(
  prefix: string,
  { address, partitions, replicas, topicConfiguration }: Topic,
  replicasMax: number,
) {
  const replicationFactor = Math.min(replicas, replicasMax);
  const fitting = {
    ...topicConfiguration,
    'min.insync.replicas': String(Math.min(Number(topicConfiguration['min.insync.replicas'] ?? 1), replicationFactor)),
  };
  return {
    topic: prefix + address,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(fitting).map(([name, value]) => ({ name, value })),
  };
}

/** A fresh broker has no coordinator for a second: the client says so as an error and goes on. That is no news to an operator. */
const EXPECTED =
  /GROUP_COORDINATOR_NOT_AVAILABLE|group coordinator|coordinator is (not available|loading)|rebalanc|not the leader|leadership|when calling eachMessage|InitProducerId/i;

/** While a broker is away the client says so several times a second, in the same words. */
const SAID_AGAIN_MS = 10_000;
const SAID_MAX = 200;

const logTo = (log: Log): logCreator => {
  const said = new Map<string, number>();
  return () =>
    ({ level, namespace, log: { message, error, groupId } }) => {
      const words = `${message} ${String(error ?? '')}`;
      const news = !EXPECTED.test(words) && performance.now() - (said.get(words) ?? -Infinity) > SAID_AGAIN_MS;
      if (said.size > SAID_MAX) said.clear();
      if (news) said.set(words, performance.now());
      const method = level > logLevel.WARN || !news ? 'debug' : level === logLevel.ERROR ? 'warn' : 'info';
      log[method](
        { kafka: namespace, groupId: groupId as string | undefined, error: error as string | undefined },
        message,
      );
    };
};
