import type { Client } from '@temporalio/client';
import { Gauge, register } from 'prom-client';
import { runningSince } from './visibility.ts';

/** For longer than a step is retried at a quick pace: an order that has not got on by then is worth a look. */
export const STUCK_AFTER_S = 60;

export interface StuckPorts {
  /** How many orders have been in progress for at least this long. */
  overdue(olderThanMs: number): Promise<number>;
  client: Client;
  taskQueue: string;
  afterMs: number;
}

const NAME = 'orders_stuck';
const ASK_DEADLINE_MS = 2_000;

/**
 * Shows how many orders do not get on: `outcome` is not known yet; it is known and the buyer is still to be told of it, by the
 * `announcement`; a `cancellation` has begun and not ended. Asked whenever the metrics are read. Answers how to end that.
 */
export function exportStuck({ overdue, client, taskQueue, afterMs }: StuckPorts): () => Promise<void> {
  const countOf = (what: string) =>
    client.withDeadline(Date.now() + ASK_DEADLINE_MS, () =>
      client.workflow
        .count(`${runningSince(taskQueue, new Date(Date.now() - afterMs))} AND ${what}`)
        .then(({ count }) => count),
    );
  const kinds = {
    outcome: () => overdue(afterMs),
    announcement: () => countOf(`WorkflowType = 'order' AND OrderStatus != 'IN_PROGRESS'`),
    cancellation: () => countOf(`WorkflowType = 'cancellation'`),
  };
  // What cannot be asked at the moment is not known, and the other metrics are still to be had.
  const collect = (gauge: Gauge<'waits_for'>) =>
    Promise.all(
      Object.entries(kinds).map(async ([kind, count]) =>
        gauge.set({ waits_for: kind }, await count().catch(() => NaN)),
      ),
    );
  let collecting: Promise<unknown> = Promise.resolve();
  new Gauge({
    name: NAME,
    help: `Orders that have not got on for ${afterMs / 1000} s, by what they wait for`,
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
