import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, IHeaders, KafkaMessage } from 'kafkajs';
import type { Log } from '../log.ts';
import type { Received } from './message.ts';

export interface Consumption {
  /** Rejects while a topic is not being read. */
  check(): Promise<void>;
  /** Finishes the message in flight and leaves the group. */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  topics: readonly string[];
  handle(message: Received): Promise<void>;
}

const RESTART_MS = { first: 500, max: 5_000 };
/** Leaving takes this long only if the broker is down. */
const LEAVE_WITHIN_MS = 5_000;
/** kafkajs fetches several times a second, so after this long it is not reading. */
const FETCH_WITHIN_MS = 5_000;
/** Longer than the session timeout, after which the group removes a silent member. */
const SILENT_MS = 30_000;
const COMMIT_AFTER = { messages: 50, ms: 500 };
/** The wait and the handler send no heartbeats, so together they must stay well below the session timeout. */
const HANDLE_RETRY_MS = { first: 100, max: 2_000 };

/**
 * Reads topics with one consumer until closed. Commits an offset after the handler has resolved; if it rejects, retries
 * the message. kafkajs restarts after some failures and hangs after others, so a consumer that fails, or is silent for
 * `silentMs`, is replaced. `prepare` runs before each consumer starts.
 */
export function consume(
  createConsumer: () => Consumer,
  options: ConsumeOptions & { log: Log; silentMs?: number; prepare?: () => Promise<void> },
): Consumption {
  const { topics, handle, log, silentMs = SILENT_MS, prepare } = options;
  const closing = new AbortController();
  let fetchedMs = -Infinity;
  let restartMs = RESTART_MS.first;
  const read = async () => {
    const consumer = createConsumer();
    consumer.on(consumer.events.FETCH, () => (fetchedMs = performance.now()));
    const failed = failure(consumer, closing.signal, silentMs);
    const started = start(consumer, { topics, handle: retrying(handle, closing.signal, log), prepare });
    try {
      await Promise.race([started, failed]);
      log.info({ topics }, 'reading from Kafka');
      restartMs = RESTART_MS.first;
      await failed;
    } catch (error) {
      if (!closing.signal.aborted) log.warn({ topics, err: error }, 'reading from Kafka failed; restarting');
    }
    // Wait for the start first: after an earlier disconnect, kafkajs would still join the group and hold partitions.
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
      if (performance.now() - fetchedMs > FETCH_WITHIN_MS) throw new Error(`${topics.join(', ')}: not being read`);
    },
    async close() {
      closing.abort(new Error('closing'));
      await ended;
    },
  };
}

async function start(
  consumer: Consumer,
  {
    topics,
    handle,
    prepare,
  }: { topics: readonly string[]; handle: Handle; prepare: (() => Promise<void>) | undefined },
): Promise<void> {
  await prepare?.();
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    // kafkajs also commits after each batch. Handling an uncommitted message again is harmless.
    autoCommitThreshold: COMMIT_AFTER.messages,
    autoCommitInterval: COMMIT_AFTER.ms,
    eachMessage: ({ topic, partition, message, heartbeat }) =>
      handle(toReceived({ topic, partition }, message), heartbeat),
  });
}

/** Rejects when the consumer crashes, falls silent, or is closing. */
function failure(consumer: Consumer, closing: AbortSignal, silentMs: number): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  let activeMs = performance.now();
  const noteActivity = () => (activeMs = performance.now());
  // Even an idle consumer keeps fetching and sending heartbeats.
  consumer.on(consumer.events.FETCH, noteActivity);
  consumer.on(consumer.events.HEARTBEAT, noteActivity);
  const watch = setInterval(() => {
    if (performance.now() - activeMs > silentMs)
      reject(new Error(`the consumer has sent no fetch and no heartbeat for ${silentMs} ms`));
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
 * Retries here, because kafkajs would retry without heartbeats, and not at all after errors that it considers bugs.
 * Rejects when closing, and when another member now has the partition: the offset must then not be committed.
 */
const retrying =
  (handle: ConsumeOptions['handle'], closing: AbortSignal, log: Log): Handle =>
  async (message, heartbeat) => {
    for (let waitMs = HANDLE_RETRY_MS.first; ; waitMs = Math.min(waitMs * 2, HANDLE_RETRY_MS.max)) {
      try {
        return await handle(message);
      } catch (error) {
        const { topic, partition, offset } = message;
        log.warn({ topic, partition, offset, err: error }, 'handling a message failed; retrying');
      }
      await sleep(waitMs, undefined, { signal: closing });
      await heartbeat();
    }
  };

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
