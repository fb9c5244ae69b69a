import { orderEvents } from '../../specs/generated/order-events.ts';
import { chargeKey, orderEventId } from '../../specs/identity.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import type { CommandResult } from '../command.ts';
import type { Installation } from '../installation.ts';
import { foundValue, lookUp } from '../lookup.ts';
import { clockFrom } from '../terminal.ts';
import { formatActions } from './chapters/acts.ts';
import { formatEvents, readEvents } from './chapters/events.ts';
import { formatMoney } from './chapters/money.ts';
import { formatNotifications } from './chapters/notifications.ts';
import { formatRow } from './chapters/row.ts';
import { formatWorkflow, readWorkflow } from './chapters/workflow.ts';

/** Describes everything known about an order. Where a part is missing or unreadable, says so. */
export async function describeOrder(id: string, installation: Installation): Promise<CommandResult> {
  const { orders, billing, notifications: inbox, journal, temporal, kafka } = installation;
  const [row, workflow] = await Promise.all([
    lookUp(async () => orders().find(id)),
    lookUp(async () => readWorkflow(temporal(), orderWorkflowId(id))),
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
    lookUp(async () => readWorkflow(temporal(), cancelWorkflowId(id))),
    lookUp(async () => {
      const view = billing();
      if (!ownerId) throw new Error('the buyer is unknown, and billing stores outcomes per buyer');
      return view.ofCharge(ownerId, chargeKey(id));
    }),
    lookUp(async () => readEvents(kafka(), id, placedAt)),
    lookUp(async () => nonEmpty(await inbox().ofOrder(id))),
    lookUp(async () => nonEmpty(await journal().of(id, ...mailIdsOf(id)))),
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

/** A mail has the id of the event that it is about. */
const mailIdsOf = (orderId: string): string[] =>
  Object.values(orderEvents).map(({ name }) => orderEventId(orderId, name));

const nonEmpty = <T>(items: T[]): T[] | undefined => (items.length > 0 ? items : undefined);
