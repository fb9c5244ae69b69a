import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { deadLetterTopic, readDeadLetter } from '../../../lib/kafka/dead-letters.ts';
import { searchTopics, type FoundMessage } from '../../../lib/kafka/search.ts';
import { groupOfTopic } from '../../../lib/kafka/topic-groups.ts';
import { eventually } from '../../support/eventually.ts';
import type { Prng } from '../prng.ts';

/** Topic, partition and offset. */
type MessagePlace = `${string} ${number} ${string}`;

/** An event whose offset the consumer has committed. */
interface ConsumedEvent {
  order: string;
  event: string;
  place: MessagePlace;
}

export interface Topics {
  publishUnprocessable(topic: string, prng: Prng): Promise<void>;
  /** Resets the consumer's offsets to the start of every partition. The consumer's process must be stopped. */
  rewind(): Promise<void>;
  lag(): Promise<number>;
  consumed(): Promise<ConsumedEvent[]>;
  /**
   * `unprocessable`: where the storm published its unprocessable messages. `deadLetters`: the original places of the
   * messages in the dead-letter topics, each once.
   */
  deadLetters(): Promise<{ unprocessable: MessagePlace[]; deadLetters: MessagePlace[] }>;
  orderMessages(): Promise<unknown[]>;
  close(): Promise<void>;
}

const GROUP_ID = 'notifications';
const UNPROCESSABLE = 'storm-unprocessable';
const READ_WITHIN_MS = 180_000;
const POLL_MS = 200;
const REBALANCE_MS = 15_000;
const REWIND_WITHIN_MS = 180_000;

/** Connects directly to the broker, without injected faults. */
export async function openTopics(brokers: string): Promise<Topics> {
  const kafka = new Kafka({
    brokers: [brokers],
    clientId: 'storm',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, maxRetryTime: 500, retries: 100 },
  });
  const [admin, producer] = [kafka.admin(), kafka.producer({ allowAutoTopicCreation: false })];
  await Promise.all([admin.connect(), producer.connect()]);
  const read = async (topics: readonly string[]) => {
    const { found, complete } = await searchTopics({
      brokers: [brokers],
      prefix: '',
      topics,
      withinMs: READ_WITHIN_MS,
    });
    if (!complete) throw new Error('the topics could not be read to their end');
    return found;
  };
  return {
    publishUnprocessable: (topic, prng) => publishUnprocessable(producer, topic, prng),
    // The broker may be down, and a group may still wait for a killed member.
    rewind: async () => {
      for (const topic of orderTopics) await eventually(() => rewind(kafka, admin, topic), REWIND_WITHIN_MS);
    },
    lag: () => lagOf(admin),
    consumed: async () => consumedFrom(await read(orderTopics), await committedOffsets(admin)),
    async deadLetters() {
      const [messages, letters] = await Promise.all([read(orderTopics), read(orderTopics.map(deadLetterTopic))]);
      const origins = letters.map((letter) => readDeadLetter(letter)!);
      return {
        unprocessable: messages.filter(({ headers }) => UNPROCESSABLE in headers).map(placeOf),
        deadLetters: [
          ...new Set(
            origins.map(
              ({ original, partition, offset }) => `${original.topic} ${partition} ${offset}` as MessagePlace,
            ),
          ),
        ],
      };
    },
    orderMessages: async () =>
      (await read(orderTopics)).map(({ topic, partition, offset, writtenAt, headers, value }) => ({
        topic,
        partition,
        offset,
        writtenAt,
        headers,
        value: String(value),
      })),
    close: async () => void (await Promise.all([admin.disconnect(), producer.disconnect()])),
  };
}

async function publishUnprocessable(producer: Producer, topic: string, prng: Prng): Promise<void> {
  const orderId = prng.uuid();
  const eventType = topic.split('.')[1]!;
  const headers = {
    eventId: prng.uuid(),
    eventType,
    schemaVersion: '1',
    correlationId: 'storm',
    'content-type': 'application/json',
    [UNPROCESSABLE]: 'yes',
  };
  const validBody = JSON.stringify({ orderId, userId: prng.uuid() });
  const message = prng.pick([
    { headers, value: `{"orderId": ${prng.word(5)}` },
    { headers, value: JSON.stringify({ orderId, userId: 5, more: true }) },
    { headers, value: null },
    { headers: { ...headers, eventType: 'OrderForgotten' }, value: validBody },
    { headers: { ...headers, schemaVersion: '99' }, value: validBody },
    { headers: { [UNPROCESSABLE]: 'yes' }, value: validBody },
  ]);
  await producer.send({ topic, acks: -1, messages: [{ key: orderId, ...message }] });
}

async function rewind(kafka: Kafka, admin: Admin, topic: string): Promise<void> {
  const partitions = await admin.fetchTopicOffsets(topic);
  const starts = partitions.map(({ partition }) => ({ topic, partition, offset: '0' }));
  const consumer = kafka.consumer({
    groupId: groupOfTopic(GROUP_ID, topic),
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: POLL_MS,
    rebalanceTimeout: REBALANCE_MS,
  });
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => joined.reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
    await joined.promise;
    await consumer.commitOffsets(starts);
  } finally {
    await consumer.disconnect();
  }
}

async function committedOffsets(admin: Admin) {
  const groups = orderTopics.map((topic) =>
    admin.fetchOffsets({ groupId: groupOfTopic(GROUP_ID, topic), topics: [topic] }),
  );
  return (await Promise.all(groups)).flat();
}

function consumedFrom(
  messages: readonly FoundMessage[],
  committed: Awaited<ReturnType<typeof committedOffsets>>,
): ConsumedEvent[] {
  const next = new Map(
    committed.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic} ${partition}`, Number(offset)]),
    ),
  );
  return messages
    .filter(
      ({ topic, partition, offset, headers }) =>
        Number(offset) < next.get(`${topic} ${partition}`)! && !(UNPROCESSABLE in headers),
    )
    .map((message) => ({
      order: message.key!.toString(),
      event: message.headers['eventType']!,
      place: placeOf(message),
    }));
}

const placeOf = ({ topic, partition, offset }: FoundMessage): MessagePlace => `${topic} ${partition} ${offset}`;

async function lagOf(admin: Admin): Promise<number> {
  const committed = await committedOffsets(admin);
  let lag = 0;
  for (const { topic, partitions } of committed) {
    const ends = new Map(
      (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => [
        partition,
        { low: Number(low), high: Number(high) },
      ]),
    );
    for (const { partition, offset } of partitions) {
      const { low, high } = ends.get(partition)!;
      lag += high - Math.max(Number(offset), low);
    }
  }
  return lag;
}
