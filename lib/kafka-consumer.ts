import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, IHeaders, KafkaMessage } from 'kafkajs';
import type { Log } from './log.ts';

export interface Received {
  topic: string;
  partition: number;
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, string>;
}

/** A message wherever it was. */
export type Content = Omit<Received, 'partition' | 'offset'>;

export interface Consumption {
  /** Resolves while the topics are being read. Rejects while they cannot be: the reader then tries again by itself. */
  check(): Promise<void>;
  /** Lets the message that is being handled finish, and leaves the group. */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  topics: readonly string[];
  handle(message: Received): Promise<void>;
}

const RESTART_MS = { first: 500, max: 5_000 };
/** A group is left within a moment, unless the broker is away. */
const LEAVE_WITHIN_MS = 5_000;
/** Topics are asked for messages several times a second. After this long without an answer they are not being read. */
const FETCH_WITHIN_MS = 5_000;
/** A member that has not been heard of for so long was given up by its group, whether it knows or not. */
const SILENT_MS = 30_000;
const COMMIT_AFTER = { messages: 50, ms: 500 };
/** With what a handler may take, well within the time after which the group gives a silent member up. */
const HANDLE_AGAIN_MS = { first: 100, max: 2_000 };

/**
 * Reads topics until it is closed: whatever ends the reading, a topic that is not there or a broker that stays away, it begins
 * again. The offset is committed after the handler has resolved; one that rejects is called again with the same message. A consumer
 * of kafkajs has to end on a failure: by itself it begins again after some kinds of failures, and falls silent after others: after
 * `silentMs` another one takes its place.
 */
export function consume(
  createConsumer: () => Consumer,
  options: ConsumeOptions & { log: Log; silentMs?: number },
): Consumption {
  const { topics, handle, log, silentMs = SILENT_MS } = options;
  const closing = new AbortController();
  let fetchedMs = -Infinity;
  let restartMs = RESTART_MS.first;
  const read = async () => {
    const consumer = createConsumer();
    consumer.on(consumer.events.FETCH, () => (fetchedMs = performance.now()));
    const failed = failure(consumer, closing.signal, silentMs);
    const started = start(consumer, { topics, handle: insisting(handle, closing.signal, log) });
    try {
      await Promise.race([started, failed]);
      log.info({ topics }, 'reading from Kafka');
      restartMs = RESTART_MS.first;
      await failed;
    } catch (error) {
      if (!closing.signal.aborted) log.warn({ topics, err: error }, 'reading from Kafka ended; it begins again');
    }
    // One that is left while it starts would go on to join the group, and read for nobody.
    const left = started.catch(() => {}).then(() => consumer.disconnect().catch(() => {}));
    await Promise.race([left, sleep(LEAVE_WITHIN_MS, undefined, { ref: false })]);
  };
  const ended = (async () => {
    while (!closing.signal.aborted) {
      await read();
      await sleep(restartMs, undefined, { signal: closing.signal }).catch(() => {});
      restartMs = Math.min(restartMs * 2, RESTART_MS.max);
    }
  })();

  return {
    check: async () => {
      if (performance.now() - fetchedMs > FETCH_WITHIN_MS) throw new Error('the topics are not being read');
    },
    async close() {
      closing.abort(new Error('closing'));
      await ended;
    },
  };
}

async function start(
  consumer: Consumer,
  { topics, handle }: { topics: readonly string[]; handle: Handle },
): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    // And whenever all that was fetched has been handled. What is not committed is handled again, which changes nothing.
    autoCommitThreshold: COMMIT_AFTER.messages,
    autoCommitInterval: COMMIT_AFTER.ms,
    eachMessage: ({ topic, partition, message, heartbeat }) =>
      handle(toReceived({ topic, partition }, message), heartbeat),
  });
}

/** Rejects when the consumer gives up, falls silent, or is told to end. */
function failure(consumer: Consumer, closing: AbortSignal, silentMs: number): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  let heardMs = performance.now();
  const heard = () => (heardMs = performance.now());
  // It fetches and says that it is alive all the time, also while there is nothing to read.
  consumer.on(consumer.events.FETCH, heard);
  consumer.on(consumer.events.HEARTBEAT, heard);
  const watch = setInterval(() => {
    if (performance.now() - heardMs > silentMs)
      reject(new Error(`nothing was heard of the consumer for ${silentMs} ms`));
  }, silentMs / 10);
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  const close = () => reject(closing.reason as Error);
  if (closing.aborted) close();
  closing.addEventListener('abort', close, { once: true });
  promise.catch(() => {
    clearInterval(watch);
    closing.removeEventListener('abort', close);
  });
  return promise;
}

type Handle = (message: Received, heartbeat: () => Promise<void>) => Promise<void>;

/**
 * Calls the handler until it has resolved. The client would do so too, without telling the group that it is alive, and would give
 * up on the errors that it takes for bugs. Rejects when the partition was given to another member meanwhile, or on closing: the
 * message is then not counted as read.
 */
const insisting =
  (handle: ConsumeOptions['handle'], closing: AbortSignal, log: Log): Handle =>
  async (message, heartbeat) => {
    for (let waitMs = HANDLE_AGAIN_MS.first; ; waitMs = Math.min(waitMs * 2, HANDLE_AGAIN_MS.max)) {
      try {
        return await handle(message);
      } catch (error) {
        const { topic, partition, offset } = message;
        log.warn({ topic, partition, offset, err: error }, 'a message could not be handled; it is tried again');
      }
      await sleep(waitMs, undefined, { signal: closing });
      await heartbeat();
    }
  };

/** A message as the client has it, and where it was. */
export const toReceived = (
  { topic, partition }: Pick<Received, 'topic' | 'partition'>,
  { offset, key, value, headers }: KafkaMessage,
): Received => ({
  topic,
  partition,
  offset,
  key,
  value,
  headers: toHeaders(headers),
});

const toHeaders = (headers: IHeaders | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, String(Array.isArray(value) ? value[0] : value)]),
  );
