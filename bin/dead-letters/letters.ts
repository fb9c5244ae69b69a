import { readConfig, type Env } from '../../lib/config.ts';
import { isDeadLetterTopic, readDeadLetter, type SetAside } from '../../lib/dead-letters.ts';
import { createEventCodec, PoisonMessage } from '../../lib/events.ts';
import { find, type Find, type Findings, type Search } from '../../lib/kafka-search.ts';
import { eventDocument, kafkaReaders } from '../role.ts';
import type { Place } from './place.ts';

export interface Letter extends Find {
  /** Undefined for a message that nobody has set aside. */
  setAside: SetAside | undefined;
  /** Why this release could not handle the message either; undefined if it could. */
  fault: string | undefined;
}

const SEARCH_WITHIN_MS = 30_000;
/** Of each topic the newest so many are listed. */
export const LISTED_MAX = 100;

const addresses = Object.values(eventDocument.channels).map(({ address }) => address);
export const deadLetterTopics = addresses.filter(isDeadLetterTopic);
const codec = createEventCodec(eventDocument);

/** The dead letters of every topic, oldest first, and whether all of these could be read in time. */
export async function readLetters(env: Env): Promise<{ letters: Letter[]; whole: boolean }> {
  const { found, whole } = await search(env, { topics: deadLetterTopics, newest: LISTED_MAX });
  return { letters: found.map(toLetter), whole };
}

/** One dead letter; undefined when there is none at this place, or none any more. */
export async function readLetter(env: Env, { topic, ...at }: Place): Promise<Letter | undefined> {
  const { found, whole } = await search(env, { topics: [topic], at });
  if (!whole) throw new Error(`${topic} could not be read within ${SEARCH_WITHIN_MS / 1000} s`);
  return found[0] && toLetter(found[0]);
}

/** A cluster without these topics is another one, or one that is not up yet: that it has no dead letters says nothing. */
async function search(env: Env, part: Pick<Search, 'topics' | 'newest' | 'at'>): Promise<Findings> {
  const cluster = readConfig(env, kafkaReaders);
  const findings = await find({ ...cluster, ...part, withinMs: SEARCH_WITHIN_MS });
  if (findings.missing.length > 0)
    throw new Error(`Kafka has no topic ${findings.missing.map((topic) => cluster.prefix + topic).join(', ')}`);
  return findings;
}

function toLetter(message: Find): Letter {
  const setAside = readDeadLetter(message);
  return { ...message, setAside, fault: setAside ? faultOf(setAside) : 'nobody has set it aside' };
}

function faultOf({ original }: SetAside): string | undefined {
  try {
    codec.decode(original);
    return undefined;
  } catch (error) {
    if (error instanceof PoisonMessage) return error.message;
    throw error;
  }
}
