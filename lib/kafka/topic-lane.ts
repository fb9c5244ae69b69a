import { bulkhead } from 'cockatiel';
import { Partitioners, type ICustomPartitioner, type Kafka, type Producer } from 'kafkajs';
import type { Message } from './message.ts';

/** How many messages of one topic are sent concurrently. Each producer has its own connections. */
const PRODUCERS_MAX = 2;
/** A message that waited this long is not sent: its caller has given up by then and retries. */
const WAIT_MS = 3_000;
/** Callers retry too, and kafkajs must have given up before they do. */
const RETRY = { initialRetryTime: 100, maxRetryTime: 500, retries: 6 };

export interface TopicLane {
  /** Rejects if the broker refuses the message, or if an earlier message with the same key has just failed. */
  send(message: Omit<Message, 'topic'>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Sends the messages of one topic, those with the same key one after the other. If a message fails, the messages that
 * wait behind it under the same key fail too, so that their callers retry in order. No other message fails with it.
 */
export function createTopicLane(kafka: Kafka, topic: string): TopicLane {
  const producers = createProducers(kafka);
  const turns = bulkhead(PRODUCERS_MAX, Infinity);
  const lastOfKey = new Map<string, Promise<void>>();

  const sendInTurn = async (message: Omit<Message, 'topic'>, earlier: Promise<void> | undefined): Promise<void> => {
    const queuedMs = performance.now();
    await earlier;
    await turns.execute(async () => {
      if (performance.now() - queuedMs > WAIT_MS)
        throw new Error(`not sent: the messages before it took longer than ${WAIT_MS} ms. Try again`);
      await producers.use((producer) => producer.send({ topic, acks: -1, messages: [message] }));
    });
  };

  return {
    async send(message) {
      if (message.key === null) return sendInTurn(message, undefined);
      const key = Buffer.from(message.key).toString('latin1');
      const sent = sendInTurn(message, lastOfKey.get(key));
      lastOfKey.set(key, sent);
      try {
        await sent;
      } finally {
        if (lastOfKey.get(key) === sent) lastOfKey.delete(key);
      }
    },
    close: () => producers.close(),
  };
}

/**
 * Producers that each send one message at a time and are replaced after a failure. The broker drops and acknowledges a
 * message whose sequence number it has seen, as a repeat. But if a message fails because its response was lost, kafkajs
 * gives its number to the next message, which the broker would then drop.
 */
function createProducers(kafka: Kafka) {
  const open = new Set<Promise<Producer>>();
  const idle: Promise<Producer>[] = [];
  let isClosed = false;

  const take = (): Promise<Producer> => {
    if (isClosed) throw new Error('the publisher is closed');
    const free = idle.pop();
    if (free) return free;
    const opened = connect(kafka);
    open.add(opened);
    return opened;
  };
  const end = async (producer: Promise<Producer>): Promise<void> => {
    open.delete(producer);
    await producer.then((each) => each.disconnect()).catch(() => {});
  };

  return {
    async use(act: (producer: Producer) => Promise<unknown>): Promise<void> {
      const producer = take();
      try {
        await act(await producer);
        idle.push(producer);
      } catch (error) {
        // The broker may already have this sequence number, so the next message needs a new producer.
        void end(producer);
        throw error;
      }
    },
    async close(): Promise<void> {
      isClosed = true;
      await Promise.all([...open].map(end));
    },
  };
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: RETRY,
    createPartitioner,
  });
  try {
    await producer.connect();
    return producer;
  } catch (error) {
    // `connect` can fail after it has opened connections, so close them.
    await producer.disconnect().catch(() => {});
    throw error;
  }
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
