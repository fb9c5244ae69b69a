import { Counter } from 'prom-client';
import type { Log } from '../log.ts';
import { UnprocessableMessage } from './events.ts';
import type { Content, Received, Message, Publisher } from './message.ts';

const REASON_CHARACTERS_MAX = 500;

const deadLetters = new Counter({
  name: 'dead_letters_total',
  help: 'Unprocessable messages moved to a dead-letter topic',
  labelNames: ['topic'],
});

const SUFFIX = '.dead-letters';

/** The topic that receives another topic's unprocessable messages. */
export const deadLetterTopic = (topic: string): string => topic + SUFFIX;

export const isDeadLetterTopic = (topic: string): boolean => topic.endsWith(SUFFIX);

/** An unprocessable message as it was in its own topic. */
export interface DeadLetter {
  original: Content;
  partition: string;
  offset: string;
  reason: string;
}

/** Recovers the original message. Undefined for a message that no consumer moved to the dead-letter topic. */
export function readDeadLetter({ topic, key, value, headers: all }: Content): DeadLetter | undefined {
  const {
    deadLetterTopic: from,
    deadLetterPartition: partition,
    deadLetterOffset: offset,
    deadLetterReason: reason,
  } = all;
  if (from === undefined || deadLetterTopic(from) !== topic) return undefined;
  return {
    original: { topic: from, key, value, headers: originalHeaders(all) },
    partition: partition ?? '?',
    offset: offset ?? '?',
    reason: reason ?? 'no reason given',
  };
}

/** Omits all `deadLetter…` headers, since newer releases may add more of them. */
const originalHeaders = (headers: Content['headers']): Content['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('deadLetter')));

/**
 * Returns a handler that moves unprocessable messages to the dead-letter topic, so that the partition moves on. Other
 * failures reject, so the message is retried.
 */
export function withDeadLetters({
  publisher,
  log,
  handle,
}: {
  publisher: Publisher;
  log: Log;
  handle(message: Received): Promise<void>;
}) {
  return async (message: Received): Promise<void> => {
    try {
      await handle(message);
    } catch (error) {
      if (!(error instanceof UnprocessableMessage)) throw error;
      await publisher.publish(deadLetter(message, error.message));
      const { topic, partition, offset } = message;
      deadLetters.inc({ topic });
      log.warn(
        { topic, partition, offset, reason: error.message },
        'moved an unprocessable message to the dead-letter topic',
      );
    }
  };
}

const deadLetter = ({ topic, partition, offset, key, value, headers }: Received, reason: string): Message => ({
  topic: deadLetterTopic(topic),
  key,
  value,
  headers: {
    ...headers,
    deadLetterTopic: topic,
    deadLetterPartition: String(partition),
    deadLetterOffset: offset,
    deadLetterReason: reason.slice(0, REASON_CHARACTERS_MAX),
  },
});
