import { createHash } from 'node:crypto';
import { Partitioners, type ICustomPartitioner, type Kafka, type Producer } from 'kafkajs';
import type { Message, Publisher } from './message.ts';

/** Messages sent concurrently. Messages with the same key share a lane, in order. */
const LANES = 8;

/** Callers retry, too: kafkajs must have stopped by then. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 6 };

export function createPublisher(kafka: Kafka, prefix: string): Publisher {
  const lanes = Array.from({ length: LANES }, () => createLane(kafka));
  return {
    publish: ({ topic, key, value, headers }) =>
      lanes[laneOf(key)]!.send({ topic: prefix + topic, key, value, headers }),
    close: async () => void (await Promise.all(lanes.map((lane) => lane.close()))),
  };
}

const laneOf = (key: Message['key']): number =>
  createHash('sha256')
    .update(key ?? '')
    .digest()[0]! % LANES;

/**
 * A producer that sends one message at a time. To exclude repeats, the broker drops a sequence number that it has. But
 * if a response is lost, kafkajs reuses the number for the next message, which the broker would drop and acknowledge.
 */
function createLane(kafka: Kafka) {
  let producer: Promise<Producer> | undefined;
  let last: Promise<void> = Promise.resolve();

  const open = async (): Promise<Producer> => {
    const opened = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: RETRY,
      createPartitioner,
    });
    try {
      await opened.connect();
      return opened;
    } catch (error) {
      // Connecting can fail after the connections are open.
      await opened.disconnect().catch(() => {});
      throw error;
    }
  };
  const sendNow = async ({ topic, ...message }: Message): Promise<void> => {
    const mine = (producer ??= open());
    try {
      await (await mine).send({ topic, acks: -1, messages: [message] });
    } catch (error) {
      // The broker may have this sequence number, so the next message needs a new producer.
      producer = undefined;
      void mine.then((each) => each.disconnect()).catch(() => {});
      throw error;
    }
  };

  return {
    /** When a message fails, those queued behind it in the lane fail too; their callers retry. */
    send(message: Message): Promise<void> {
      const sent = last.then(() => sendNow(message));
      last = sent;
      sent.catch(() => {
        if (last === sent) last = Promise.resolve();
      });
      return sent;
    },
    close: async () => (await producer?.catch(() => undefined))?.disconnect(),
  };
}

/**
 * Without a key, kafkajs picks another partition for each attempt, which leaves the sequence number to another message.
 * So the value replaces a missing key.
 */
const createPartitioner: ICustomPartitioner = () => {
  const partition = Partitioners.DefaultPartitioner();
  return ({ message, ...where }) =>
    partition({ ...where, message: { ...message, key: message.key ?? message.value ?? '' } });
};
