import { createHash } from 'node:crypto';
import { Partitioners, type ICustomPartitioner, type Kafka, type Producer } from 'kafkajs';
import type { Message, Publisher } from './message.ts';

/** How many messages are sent concurrently. Messages with the same key share a lane, which keeps their order. */
const LANES = 8;

/** Callers retry too, and kafkajs must have given up before they do. */
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
 * A producer that sends one message at a time and is replaced after a failure. The broker drops and acknowledges a
 * message whose sequence number it has seen, as a repeat. But if a message fails because its response was lost, kafkajs
 * gives its number to the next message, which the broker would then drop.
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
      // `connect` can fail after it has opened connections, so close them.
      await opened.disconnect().catch(() => {});
      throw error;
    }
  };
  const sendNow = async ({ topic, ...message }: Message): Promise<void> => {
    const mine = (producer ??= open());
    try {
      await (await mine).send({ topic, acks: -1, messages: [message] });
    } catch (error) {
      // The broker may already have this sequence number, so the next message needs a new producer.
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
 * Without a key, kafkajs picks another partition for each attempt. The sequence number in the first partition then goes
 * to another message, which the broker may drop. So the value stands in for a missing key.
 */
const createPartitioner: ICustomPartitioner = () => {
  const partition = Partitioners.DefaultPartitioner();
  return ({ message, ...where }) =>
    partition({ ...where, message: { ...message, key: message.key ?? message.value ?? '' } });
};
