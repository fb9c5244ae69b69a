import { readConfig, type Env } from '../../lib/config.ts';
import { find, type Find, type Findings } from '../../lib/kafka-search.ts';
import { eventDocument } from '../../specs/generated/preferable/channels.ts';
import { kafkaReaders } from '../role.ts';
import type { Part } from './part.ts';
import { columns, type Clock } from './text.ts';

const SEARCH_WITHIN_MS = 15_000;
/** The clocks of the database and of those who publish may differ by this much. */
const CLOCKS_APART_MS = 5 * 60_000;
const orderTopics: string[] = Object.values(eventDocument.channels)
  .map(({ address }) => address)
  .filter((topic) => topic.startsWith('order-service.'));

/** The order's events as Kafka has them, those that were set aside among them. Undefined when it has none. */
export async function readEvents(env: Env, orderId: string, placedAt: Date | undefined): Promise<Findings | undefined> {
  const since = placedAt && new Date(placedAt.getTime() - CLOCKS_APART_MS);
  const events = await find({
    ...readConfig(env, kafkaReaders),
    topics: orderTopics,
    key: orderId,
    since,
    withinMs: SEARCH_WITHIN_MS,
  });
  return events.found.length > 0 || !events.whole ? events : undefined;
}

/** Each event as it was published, repeats included: readers tell them by the event id. */
export function tellEvents(events: Part<Findings>, clock: Clock, isFinal: boolean): string[] {
  if (events.kind === 'unread') return [`  not read: ${events.why}`];
  if (events.kind === 'missing')
    return [
      isFinal
        ? '  missing: nothing is announced, or it was so long ago that Kafka has dropped it'
        : '  none yet: the order is not final',
    ];
  const { found, whole } = events.value;
  const lines = columns(
    found.map((event) => [
      clock(event.writtenAt),
      event.headers['eventType'] ?? 'no type',
      `${placeOf(event)}, event id ${event.headers['eventId']}: ${event.value?.toString() ?? null}`,
    ]),
  );
  return whole
    ? lines
    : [...lines, `  the topics could not be read to their end within ${SEARCH_WITHIN_MS / 1000} s: there may be more`];
}

const placeOf = ({ topic, partition, offset }: Find): string => `${topic} partition ${partition} offset ${offset}`;
