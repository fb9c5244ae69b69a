import { createHash } from 'node:crypto';
import { Partitioners, type ICustomPartitioner, type Kafka, type Producer } from 'kafkajs';
import type { Message, Publisher } from './kafka.ts';

/** Messages that are sent side by side. Those with one key go one after the other, in their order. */
const LANES = 8;

/** Who publishes asks again by itself, and should not have older tries of its own still under way when it does. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 6 };

/** Publishes to topics whose names have this prefix. */
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
 * One producer that sends one message at a time. The client numbers messages, and the broker drops a number that it has: that is what
 * keeps a repeat out. But when the answer to a message is lost the client takes its number back, and gives it to whatever is sent next.
 * Were that another message, the broker would drop it and say that it has it.
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
      // It may have its connections, and have failed at what it asked over them.
      await opened.disconnect().catch(() => {});
      throw error;
    }
  };
  const sendNow = async ({ topic, ...message }: Message): Promise<void> => {
    const mine = (producer ??= open());
    try {
      await (await mine).send({ topic, acks: -1, messages: [message] });
    } catch (error) {
      // Whether the broker has the number is not known: the next message gets a producer that begins anew.
      producer = undefined;
      void mine.then((each) => each.disconnect()).catch(() => {});
      throw error;
    }
  };

  return {
    /** Whoever waits behind a message that could not be sent fails with it, and asks again when it is time to. */
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

/** The client's own partitions. Without a key it would take another one for each try, and the number would be left to another message. */
const createPartitioner: ICustomPartitioner = () => {
  const partition = Partitioners.DefaultPartitioner();
  return ({ message, ...where }) =>
    partition({ ...where, message: { ...message, key: message.key ?? message.value ?? '' } });
};
