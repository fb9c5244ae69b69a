import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { deadLetterTopic, readDeadLetter } from '../../../lib/dead-letters.ts';
import { find, type Find } from '../../../lib/kafka-search.ts';
import { eventually } from '../../support/eventually.ts';
import type { Prng } from '../prng.ts';

/** A message by its place. */
export type MessagePlace = `${string} ${number} ${string}`;

/** What a message says, and where it stands. */
export interface Told {
  order: string;
  event: string;
  place: MessagePlace;
}

export interface Topics {
  /** Puts a message that can never be handled into a topic. */
  poison(topic: string, prng: Prng): Promise<void>;
  /** Has the consumer read every topic from its beginning. Its process must have ended. */
  rewind(): Promise<void>;
  /** How many messages the consumer has not counted as read. */
  lag(): Promise<number>;
  /** What the messages say that it has counted as read, but for poison. */
  read(): Promise<Told[]>;
  /** Where poison was put, and where the messages stood that were set aside, each once however often. */
  setAside(): Promise<{ poison: MessagePlace[]; letters: MessagePlace[] }>;
  /** Every message about orders, for a person who wants to know. */
  messages(): Promise<unknown[]>;
  close(): Promise<void>;
}

const GROUP_ID = 'notifications';
const POISON = 'poison';
const READ_WITHIN_MS = 180_000;
const LOOK_AGAIN_MS = 200;
/** Longer than the group waits for a member that was killed. */
const REBALANCE_MS = 15_000;
const REWIND_WITHIN_MS = 180_000;

/** The topics as the broker has them, past all that is spoilt. */
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
    const { found, whole } = await find({ brokers: [brokers], prefix: '', topics, withinMs: READ_WITHIN_MS });
    if (!whole) throw new Error('the topics could not be read to their end');
    return found;
  };
  return {
    poison: (topic, prng) => poison(producer, topic, prng),
    // The broker may be away, and the group may still wait for somebody who was killed.
    rewind: () => eventually(() => rewind(kafka, admin), REWIND_WITHIN_MS),
    lag: () => lagOf(admin),
    read: async () => toldBy(await read(orderTopics), await committedBy(admin)),
    async setAside() {
      const [messages, letters] = await Promise.all([read(orderTopics), read(orderTopics.map(deadLetterTopic))]);
      const origins = letters.map((letter) => readDeadLetter(letter)!);
      return {
        poison: messages.filter(({ headers }) => POISON in headers).map(placeOf),
        letters: [
          ...new Set(
            origins.map(
              ({ original, partition, offset }) => `${original.topic} ${partition} ${offset}` as MessagePlace,
            ),
          ),
        ],
      };
    },
    messages: async () =>
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

/** No JSON, JSON that its schema does not have, nothing at all, an unknown type, an unknown version. */
async function poison(producer: Producer, topic: string, prng: Prng): Promise<void> {
  const orderId = prng.uuid();
  const eventType = topic.split('.')[1]!;
  const headers = {
    eventId: prng.uuid(),
    eventType,
    schemaVersion: '1',
    correlationId: 'storm',
    'content-type': 'application/json',
    [POISON]: 'yes',
  };
  const sound = JSON.stringify({ orderId, userId: prng.uuid() });
  const message = prng.pick([
    { headers, value: `{"orderId": ${prng.word(5)}` },
    { headers, value: JSON.stringify({ orderId, userId: 5, more: true }) },
    { headers, value: null },
    { headers: { ...headers, eventType: 'OrderForgotten' }, value: sound },
    { headers: { ...headers, schemaVersion: '99' }, value: sound },
    { headers: { [POISON]: 'yes' }, value: sound },
  ]);
  await producer.send({ topic, acks: -1, messages: [{ key: orderId, ...message }] });
}

/** Joins the group in the consumer's place, commits the beginning of every partition, and leaves. */
async function rewind(kafka: Kafka, admin: Admin): Promise<void> {
  const offsets = await committedBy(admin);
  const beginnings = offsets.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition }) => ({ topic, partition, offset: '0' })),
  );
  const consumer = kafka.consumer({
    groupId: GROUP_ID,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: LOOK_AGAIN_MS,
    rebalanceTimeout: REBALANCE_MS,
  });
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => joined.reject(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...orderTopics] });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
    await joined.promise;
    await consumer.commitOffsets(beginnings);
  } finally {
    await consumer.disconnect();
  }
}

const committedBy = (admin: Admin) => admin.fetchOffsets({ groupId: GROUP_ID, topics: [...orderTopics] });

function toldBy(messages: readonly Find[], committed: Awaited<ReturnType<typeof committedBy>>): Told[] {
  const next = new Map(
    committed.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic} ${partition}`, Number(offset)]),
    ),
  );
  return messages
    .filter(
      ({ topic, partition, offset, headers }) =>
        Number(offset) < next.get(`${topic} ${partition}`)! && !(POISON in headers),
    )
    .map((message) => ({
      order: message.key!.toString(),
      event: message.headers['eventType']!,
      place: placeOf(message),
    }));
}

const placeOf = ({ topic, partition, offset }: Find): MessagePlace => `${topic} ${partition} ${offset}`;

async function lagOf(admin: Admin): Promise<number> {
  const committed = await committedBy(admin);
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
