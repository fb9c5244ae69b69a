import { validate } from 'uuid';
import type { Env } from '../../lib/config.ts';
import { cancelWorkflowId, chargeKey, orderWorkflowId } from '../../specs/identity.ts';
import { readEvents, tellEvents } from './events.ts';
import { readMoney, tellMoney } from './money.ts';
import { readNotifications, tellNotifications } from './notifications.ts';
import { ask, found } from './part.ts';
import { readRow, tellRow } from './row.ts';
import { clockFrom } from './text.ts';
import { readWorkflow, tellWorkflow } from './workflow.ts';

const USAGE = 'Usage: npm run order <order id>';

/** What is to be written, and how the program ends: 0 told, 1 no such order, 2 misused. */
export interface Told {
  text: string;
  exitCode: 0 | 1 | 2;
}

/**
 * Tells all that is known of one order: its row, its money, its workflow, its events and its notifications. It reads, and changes
 * nothing. What cannot be read, or is not where it should be, is said in its place.
 */
export async function tellOrder(words: readonly string[], env: Env): Promise<Told> {
  const [word, ...more] = words;
  if (!word || more.length > 0) return { text: USAGE, exitCode: 2 };
  if (!validate(word)) return { text: `"${word}" is not an order id: that is a UUID, as in the answer to POST /orders.\n${USAGE}`, exitCode: 2 };
  const id = word.toLowerCase();

  const [row, workflow] = await Promise.all([ask(() => readRow(env, id)), ask(() => readWorkflow(env, orderWorkflowId(id)))]);
  if (row.kind === 'missing' && workflow.kind !== 'found') return { text: `There is no order ${id}.`, exitCode: 1 };

  const placedAt = found(row)?.createdAt ?? found(workflow)?.startedAt;
  const ownerId = found(row)?.ownerId ?? found(workflow)?.ownerId;
  const [cancellation, money, events, notifications] = await Promise.all([
    ask(() => readWorkflow(env, cancelWorkflowId(id))),
    ask(() => readMoney(env, id, ownerId)),
    ask(() => readEvents(env, id, placedAt)),
    ask(() => readNotifications(env, id)),
  ]);

  const clock = clockFrom(placedAt);
  const { status, cancelCause } = found(row) ?? { status: 'IN_PROGRESS', cancelCause: null };
  const isFinal = status !== 'IN_PROGRESS';
  const wasCancelled = cancellation.kind === 'found' || cancelCause !== null;
  const chapters = [
    [`Order ${id}`, ...tellRow(row)],
    [`Billing, charge key ${chargeKey(id)}`, ...tellMoney(money, clock, isFinal)],
    [`Workflow ${orderWorkflowId(id)}`, ...tellWorkflow(workflow, clock, isFinal)],
    ...(wasCancelled ? [[`Workflow ${cancelWorkflowId(id)}`, ...tellWorkflow(cancellation, clock, status === 'CANCELLED')]] : []),
    ['Events in Kafka', ...tellEvents(events, clock, isFinal)],
    ['Notifications', ...tellNotifications(notifications, clock, isFinal)],
  ];
  return { text: chapters.map((lines) => lines.join('\n')).join('\n\n'), exitCode: row.kind === 'found' ? 0 : 1 };
}
