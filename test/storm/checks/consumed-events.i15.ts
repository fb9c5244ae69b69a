import { eventually } from '../../support/eventually.ts';
import type { Topics } from '../nemesis/topics.ts';
import type { Databases } from '../world/databases.ts';
import { violations, type Violation } from './violation.ts';

const DOWN_MAX_MS = 180_000;

/** I15: each event with a committed offset has its notification. Call it only while the consumer is stopped. */
export async function checkConsumedEvents(
  { consumed }: Pick<Topics, 'consumed'>,
  { notifications }: Pick<Databases, 'notifications'>,
): Promise<Violation[]> {
  const events = await eventually(consumed, DOWN_MAX_MS);
  const rows = await eventually(
    () => notifications<{ name: string }>(`select order_id || ' ' || event_name as name from notifications`),
    DOWN_MAX_MS,
  );
  const names = new Set(rows.map(({ name }) => name));
  return violations(
    'I15',
    events.filter(({ order, event }) => !names.has(`${order} ${event}`)),
    ({ order, event, place }) =>
      `${event} of the order ${order}, at ${place}, is committed as read, but has no notification`,
  );
}
