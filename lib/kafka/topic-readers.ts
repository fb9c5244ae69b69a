import type { Kafka } from 'kafkajs';
import type { Log } from '../log.ts';
import { consume, type ConsumeOptions, type Consumption } from './consumer.ts';
import { adoptOffsets, groupOfTopic } from './topic-groups.ts';
import { reportReading } from './topic-health.ts';

export interface TopicsConsumption extends Consumption {
  readonly topics: ReadonlyArray<{ topic: string; check(): Promise<void> }>;
}

export interface TopicsOptions extends ConsumeOptions {
  kafka: Kafka;
  /** Precedes the names of topics and groups in Kafka; the handler and the reports see topics without it. */
  prefix: string;
  groupId: string;
  log: Log;
}

/** Many short waits, so that consumers survive a broker restart. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 100 };
const WAIT_FOR_MESSAGES_MS = 250;
/**
 * How long a group waits for a silent member. A member is silent while a handler runs and while it waits before a
 * retry, so this must be longer than both together.
 */
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_000;

/**
 * Reads each topic with a consumer and a group of its own. So if a topic is deleted, forbidden or held up by a message,
 * only that topic is not read, and reading continues when the fault is gone.
 */
export function consumeTopics({ topics, ...options }: TopicsOptions): TopicsConsumption {
  const readers = topics.map((topic) => ({ topic, ...consumeTopic(topic, options) }));
  return {
    topics: readers,
    check: async () => void (await Promise.all(readers.map(({ check }) => check()))),
    close: async () => void (await Promise.all(readers.map(({ close }) => close()))),
  };
}

function consumeTopic(
  name: string,
  { kafka, prefix, groupId, handle, log }: Omit<TopicsOptions, 'topics'>,
): Consumption {
  const topic = prefix + name;
  const from = prefix + groupId;
  const to = groupOfTopic(from, name);
  const consumption = consume(() => createConsumer(kafka, to), {
    topics: [topic],
    prepare: () => adoptOffsets(kafka, { from, to, topic }),
    handle: (message) => handle({ ...message, topic: name }),
    log,
  });
  const endReport = reportReading(name, consumption.check, log);
  return {
    check: consumption.check,
    async close() {
      endReport();
      await consumption.close();
    },
  };
}

const createConsumer = (kafka: Kafka, groupId: string) =>
  kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: WAIT_FOR_MESSAGES_MS,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    // `consume` replaces a failed consumer, so kafkajs must not restart it.
    retry: { ...RETRY, restartOnFailure: async () => false },
  });
