import type { Client } from '@temporalio/client';
import { Gauge, register } from 'prom-client';
import { IN_PROGRESS, searchAttributes } from '../../specs/temporal.ts';
import { ofType, runningSince } from './visibility.ts';

/**
 * Default time after which an order counts as stuck. By then the backoff of a failing step has grown to its maximum,
 * 30 s.
 */
export const STUCK_AFTER_S = 60;

export interface StuckPorts {
  /** Counts the orders that have been in progress for at least this long. */
  overdue(olderThanMs: number): Promise<number>;
  client: Client;
  taskQueue: string;
  afterMs: number;
}

const NAME = 'orders_stuck';
const COUNT_DEADLINE_MS = 2_000;

/**
 * Exports how many orders are stuck, by what is missing: the outcome, its announcement or the end of a cancellation.
 * Counts at each scrape. Returns a function that ends the export.
 */
export function exportStuckMetric({ overdue, client, taskQueue, afterMs }: StuckPorts): () => Promise<void> {
  const countOf = (condition: string) =>
    client.withDeadline(Date.now() + COUNT_DEADLINE_MS, () =>
      client.workflow
        .count(`${runningSince(taskQueue, new Date(Date.now() - afterMs))} AND ${condition}`)
        .then(({ count }) => count),
    );
  const kinds = {
    outcome: () => overdue(afterMs),
    announcement: () => countOf(`${ofType('order')} AND ${searchAttributes.status.name} != '${IN_PROGRESS}'`),
    cancellation: () => countOf(ofType('cancellation')),
  };
  // A failed count becomes NaN, because an error would fail the scrape of all other metrics too.
  const collect = (gauge: Gauge<'waits_for'>) =>
    Promise.all(
      Object.entries(kinds).map(async ([kind, count]) =>
        gauge.set({ waits_for: kind }, await count().catch(() => NaN)),
      ),
    );
  let collecting: Promise<unknown> = Promise.resolve();
  new Gauge({
    name: NAME,
    help: `Orders without progress for ${afterMs / 1000} s, by what they wait for`,
    labelNames: ['waits_for'],
    async collect() {
      collecting = collect(this);
      await collecting;
    },
  });
  return async () => {
    register.removeSingleMetric(NAME);
    await collecting;
  };
}
