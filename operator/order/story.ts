import type { Env } from '../../lib/config.ts';
import { cancelWorkflowId, chargeKey, orderWorkflowId } from '../../specs/identity.ts';
import type { CommandResult } from '../command.ts';
import { readActions, formatActions } from './chapters/acts.ts';
import { readEvents, formatEvents } from './chapters/events.ts';
import { readMoney, formatMoney } from './chapters/money.ts';
import { readNotifications, formatNotifications } from './chapters/notifications.ts';
import { foundValue, lookUp } from '../lookup.ts';
import { readRow, formatRow } from './chapters/row.ts';
import { clockFrom } from '../terminal.ts';
import { readWorkflow, formatWorkflow } from './chapters/workflow.ts';

/** Describes everything known about an order. Reports a part that is missing or cannot be read in its place. */
export async function describeOrder(id: string, env: Env): Promise<CommandResult> {
  const [row, workflow] = await Promise.all([
    lookUp(() => readRow(env, id)),
    lookUp(() => readWorkflow(env, orderWorkflowId(id))),
  ]);
  if (row.kind === 'missing' && workflow.kind === 'missing') return { text: `There is no order ${id}.`, exitCode: 1 };
  if (row.kind === 'missing' && workflow.kind === 'unreadable')
    return {
      text: `Order ${id} has no row. Whether the order exists is unknown, because its workflow could not be read: ${workflow.why}`,
      exitCode: 2,
      isError: true,
    };

  const placedAt = foundValue(row)?.createdAt ?? foundValue(workflow)?.startedAt;
  const ownerId = foundValue(row)?.ownerId ?? foundValue(workflow)?.ownerId;
  const [cancellation, money, events, notifications, actions] = await Promise.all([
    lookUp(() => readWorkflow(env, cancelWorkflowId(id))),
    lookUp(() => readMoney(env, id, ownerId)),
    lookUp(() => readEvents(env, id, placedAt)),
    lookUp(() => readNotifications(env, id)),
    lookUp(() => readActions(env, id)),
  ]);

  const clock = clockFrom(placedAt);
  const { status, cancelCause } = foundValue(row) ?? { status: 'IN_PROGRESS', cancelCause: null };
  const isFinal = status !== 'IN_PROGRESS';
  const wasCancelled = cancellation.kind !== 'missing' || cancelCause !== null;
  const chapters = [
    [`Order ${id}`, ...formatRow(row)],
    [`Billing, charge key ${chargeKey(id)}`, ...formatMoney(money, clock, isFinal)],
    [`Workflow ${orderWorkflowId(id)}`, ...formatWorkflow(workflow, clock, isFinal)],
    ...(wasCancelled
      ? [[`Workflow ${cancelWorkflowId(id)}`, ...formatWorkflow(cancellation, clock, status === 'CANCELLED')]]
      : []),
    ['Events in Kafka', ...formatEvents(events, clock, isFinal)],
    ['Notifications', ...formatNotifications(notifications, clock, isFinal)],
    ...(actions.kind === 'missing' ? [] : [['Operator actions', ...formatActions(actions, clock)]]),
  ];
  const isComplete = [row, workflow, cancellation, money, events, notifications, actions].every(
    ({ kind }) => kind !== 'unreadable',
  );
  return {
    text: chapters.map((lines) => lines.join('\n')).join('\n\n'),
    exitCode: !isComplete ? 2 : row.kind === 'missing' ? 1 : 0,
  };
}
