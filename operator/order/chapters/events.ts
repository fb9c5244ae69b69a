import { deadLetterTopic } from '../../../lib/kafka/dead-letters.ts';
import { searchTopics, type FoundMessage, type Search, type SearchResult } from '../../../lib/kafka/search.ts';
import { orderEvents } from '../../../specs/generated/order-events.ts';
import type { Lookup } from '../../lookup.ts';
import { columns, type Clock } from '../../terminal.ts';

const SEARCH_WITHIN_MS = 15_000;
/** Allowed difference between the clocks of the database and the publishers. */
const CLOCK_SKEW_MS = 5 * 60_000;
const topics = Object.values(orderEvents).map(({ topic }) => topic);
const orderTopics = [...topics, ...topics.map(deadLetterTopic)];

/** The order's events in Kafka, dead letters included; undefined if none. */
export async function readEvents(
  kafka: Pick<Search, 'brokers' | 'prefix'>,
  orderId: string,
  placedAt: Date | undefined,
): Promise<SearchResult | undefined> {
  const events = await searchTopics({
    ...kafka,
    topics: orderTopics,
    key: orderId,
    since: searchSince(placedAt),
    withinMs: SEARCH_WITHIN_MS,
  });
  return events.found.length > 0 || !events.complete ? events : undefined;
}

/** Undefined, which searches everything, if the order's time is unknown, in the future or before 1970. */
export function searchSince(placedAt: Date | undefined, now = Date.now()): Date | undefined {
  const sinceMs = placedAt === undefined ? -1 : placedAt.getTime() - CLOCK_SKEW_MS;
  return sinceMs < 0 || sinceMs > now ? undefined : new Date(sinceMs);
}

/** Shows repeats too, which consumers recognise by the event id. */
export function formatEvents(events: Lookup<SearchResult>, clock: Clock, isFinal: boolean): string[] {
  if (events.kind === 'unreadable') return [`  could not be read: ${events.why}`];
  if (events.kind === 'missing')
    return [
      isFinal
        ? '  missing: the order is final, but Kafka has no event of it: not published yet, or deleted after the retention time'
        : '  none yet: the order is not final',
    ];
  const { found, complete } = events.value;
  const lines = columns(
    found.map((event) => [
      clock(event.writtenAt),
      event.headers['eventType'] ?? 'no type',
      `${positionOf(event)}, event id ${event.headers['eventId']}: ${event.value?.toString() ?? null}`,
    ]),
  );
  return complete
    ? lines
    : [
        ...lines,
        `  incomplete: the topics could not be read to the end within ${SEARCH_WITHIN_MS / 1000} s, so there may be more`,
      ];
}

const positionOf = ({ topic, partition, offset }: FoundMessage): string =>
  `${topic} partition ${partition} offset ${offset}`;
