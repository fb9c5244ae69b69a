import type { Env } from '../../lib/config.ts';
import { cancelWorkflowId, chargeKey, orderWorkflowId } from '../../specs/identity.ts';
import type { Told } from '../command.ts';
import { readActs, tellActs } from './acts.ts';
import { readEvents, tellEvents } from './events.ts';
import { readMoney, tellMoney } from './money.ts';
import { readNotifications, tellNotifications } from './notifications.ts';
import { ask, found } from './part.ts';
import { readRow, tellRow } from './row.ts';
import { clockFrom } from './text.ts';
import { readWorkflow, tellWorkflow } from './workflow.ts';

/**
 * Tells all that is known of one order: its row, its money, its workflow, its events, its notifications, and what operators did to
 * it. It reads, and changes nothing. What cannot be read, or is not where it should be, is said in its place.
 */
export async function tellOrder(id: string, env: Env): Promise<Told> {
  const [row, workflow] = await Promise.all([
    ask(() => readRow(env, id)),
    ask(() => readWorkflow(env, orderWorkflowId(id))),
  ]);
  if (row.kind === 'missing' && workflow.kind === 'missing') return { text: `There is no order ${id}.`, exitCode: 1 };
  if (row.kind === 'missing' && workflow.kind === 'unread')
    return {
      text: `There is no row of order ${id}. Whether it has a workflow could not be read: ${workflow.why}`,
      exitCode: 2,
      isFault: true,
    };

  const placedAt = found(row)?.createdAt ?? found(workflow)?.startedAt;
  const ownerId = found(row)?.ownerId ?? found(workflow)?.ownerId;
  const [cancellation, money, events, notifications, acts] = await Promise.all([
    ask(() => readWorkflow(env, cancelWorkflowId(id))),
    ask(() => readMoney(env, id, ownerId)),
    ask(() => readEvents(env, id, placedAt)),
    ask(() => readNotifications(env, id)),
    ask(() => readActs(env, id)),
  ]);

  const clock = clockFrom(placedAt);
  const { status, cancelCause } = found(row) ?? { status: 'IN_PROGRESS', cancelCause: null };
  const isFinal = status !== 'IN_PROGRESS';
  const wasCancelled = cancellation.kind !== 'missing' || cancelCause !== null;
  const chapters = [
    [`Order ${id}`, ...tellRow(row)],
    [`Billing, charge key ${chargeKey(id)}`, ...tellMoney(money, clock, isFinal)],
    [`Workflow ${orderWorkflowId(id)}`, ...tellWorkflow(workflow, clock, isFinal)],
    ...(wasCancelled
      ? [[`Workflow ${cancelWorkflowId(id)}`, ...tellWorkflow(cancellation, clock, status === 'CANCELLED')]]
      : []),
    ['Events in Kafka', ...tellEvents(events, clock, isFinal)],
    ['Notifications', ...tellNotifications(notifications, clock, isFinal)],
    ...(acts.kind === 'missing' ? [] : [['What operators did', ...tellActs(acts, clock)]]),
  ];
  const isWhole = [row, workflow, cancellation, money, events, notifications, acts].every(
    ({ kind }) => kind !== 'unread',
  );
  return {
    text: chapters.map((lines) => lines.join('\n')).join('\n\n'),
    exitCode: !isWhole ? 2 : row.kind === 'missing' ? 1 : 0,
  };
}
