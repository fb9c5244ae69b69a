import { eventually } from '../../support/eventually.ts';
import type { Topics } from '../nemesis/topics.ts';
import type { Databases } from '../world/databases.ts';
import { violations, type Violation } from './violation.ts';

/** A server may be away at the moment. */
const AWAY_MAX_MS = 180_000;

/** Whether each event that is counted as read has its message to the buyer. Nobody may be reading meanwhile. */
export async function brokenReading(
  { read }: Pick<Topics, 'read'>,
  { notifications }: Pick<Databases, 'notifications'>,
): Promise<Violation[]> {
  const told = await eventually(read, AWAY_MAX_MS);
  const rows = await eventually(
    () => notifications<{ name: string }>(`select order_id || ' ' || event_name as name from notifications`),
    AWAY_MAX_MS,
  );
  const names = new Set(rows.map(({ name }) => name));
  return violations(
    'I15',
    told.filter(({ order, event }) => !names.has(`${order} ${event}`)),
    ({ order, event, place }) =>
      `${event} of the order ${order}, at ${place}, is counted as read, and nobody was told of it`,
  );
}
