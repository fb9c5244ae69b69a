import { Counter } from 'prom-client';
import { PoisonMessage } from './events.ts';
import type { Content, Message, Publisher, Received } from './kafka.ts';
import type { Log } from './log.ts';

const REASON_CHARACTERS_MAX = 500;

const deadLetters = new Counter({
  name: 'dead_letters_total',
  help: 'Messages that could never be handled and were set aside',
  labelNames: ['topic'],
});

const SUFFIX = '.dead-letters';

/** Where the messages of a topic are set aside. */
export const deadLetterTopic = (topic: string): string => topic + SUFFIX;

export const isDeadLetterTopic = (topic: string): boolean => topic.endsWith(SUFFIX);

/** A message that was set aside, as it was before that. */
export interface SetAside {
  original: Content;
  partition: string;
  offset: string;
  reason: string;
}

/** What a dead letter was and why it is one; undefined for a message that nobody has set aside. */
export function readDeadLetter({ topic, key, value, headers: all }: Content): SetAside | undefined {
  const {
    deadLetterTopic: from,
    deadLetterPartition: partition,
    deadLetterOffset: offset,
    deadLetterReason: reason,
    ...headers
  } = all;
  if (from === undefined || deadLetterTopic(from) !== topic) return undefined;
  return {
    original: { topic: from, key, value, headers },
    partition: partition ?? '?',
    offset: offset ?? '?',
    reason: reason ?? 'no reason given',
  };
}

/**
 * A handler that sets aside what `handle` finds to be poison, so that the partition moves on. All other failures are ours, not the
 * message's, and reject: the message is handled later.
 */
export function settingPoisonAside({
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
      if (!(error instanceof PoisonMessage)) throw error;
      await publisher.publish(deadLetter(message, error.message));
      const { topic, partition, offset } = message;
      deadLetters.inc({ topic });
      log.warn({ topic, partition, offset, reason: error.message }, 'a message was set aside: it can never be handled');
    }
  };
}

/** The original bytes, key and headers, and beside them where the message was found and why it is set aside. */
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
