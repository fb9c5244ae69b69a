import { isDeadLetterTopic, readDeadLetter, type DeadLetter } from '../../lib/kafka/dead-letters.ts';
import { createEventCodec, UnprocessableMessage } from '../../lib/kafka/events.ts';
import { searchTopics, type FoundMessage, type SearchResult, type Search } from '../../lib/kafka/search.ts';
import { eventDocument } from '../../roles/contract.ts';
import type { Position } from './place.ts';

/** The Kafka cluster to search. */
export type Cluster = Pick<Search, 'brokers' | 'prefix'>;

export interface DeadLetterMessage extends FoundMessage {
  /** Undefined if the message has no dead-letter headers. */
  origin: DeadLetter | undefined;
  /** Why this release cannot process it either; undefined if it can. */
  fault: string | undefined;
}

const SEARCH_WITHIN_MS = 30_000;
/** Maximum per topic. `newest` counts per partition, but a dead-letter topic has only one. */
export const LISTED_MAX = 100;

const addresses = Object.values(eventDocument.channels).map(({ address }) => address);
export const deadLetterTopics = addresses.filter(isDeadLetterTopic);
const codec = createEventCodec(eventDocument);

export interface DeadLetterList {
  letters: DeadLetterMessage[];
  /** False if time ran out. */
  complete: boolean;
  /** The topics that do not exist. */
  missing: string[];
}

/** The newest dead letters of every topic that exists, oldest first. */
export async function findDeadLetters(kafka: Cluster): Promise<DeadLetterList> {
  const { found, ...rest } = await search(kafka, { topics: deadLetterTopics, newest: LISTED_MAX });
  return { letters: found.map(toDeadLetter), ...rest };
}

/** The dead letter at a position, if there is one. */
export async function findDeadLetter(
  kafka: Cluster,
  { topic, ...at }: Position,
): Promise<DeadLetterMessage | undefined> {
  const { found, complete } = await search(kafka, { topics: [topic], at });
  if (!complete) throw new Error(`${topic} could not be read within ${SEARCH_WITHIN_MS / 1000} s`);
  return found[0] && toDeadLetter(found[0]);
}

/** If all topics are missing, that is an error, not an empty list: the cluster is wrong or not ready. */
async function search(kafka: Cluster, part: Pick<Search, 'topics' | 'newest' | 'at'>): Promise<SearchResult> {
  const result = await searchTopics({ ...kafka, ...part, withinMs: SEARCH_WITHIN_MS });
  if (result.missing.length === part.topics.length) {
    const names = result.missing.map((topic) => kafka.prefix + topic).join(', ');
    throw new Error(`Kafka has no topic ${names}. Check KAFKA_BROKERS and KAFKA_TOPIC_PREFIX.`);
  }
  return result;
}

function toDeadLetter(message: FoundMessage): DeadLetterMessage {
  const origin = readDeadLetter(message);
  return { ...message, origin, fault: origin ? faultOf(origin) : 'it has no dead-letter headers' };
}

function faultOf({ original }: DeadLetter): string | undefined {
  try {
    codec.decode(original);
    return undefined;
  } catch (error) {
    if (error instanceof UnprocessableMessage) return error.message;
    throw error;
  }
}
