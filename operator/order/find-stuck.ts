import { ofType, runningSince } from '../../api/auditor/visibility.ts';
import type { Order } from '../../api/orders/order.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import { foundValue, lookUp, type Lookup } from '../lookup.ts';
import { describeRun, type Run } from '../temporal-runs.ts';
import type { Tools } from '../tools.ts';

/** A workflow that should have ended, and its order. */
export interface StuckOrder {
  orderId: string;
  isCancellation: boolean;
  order: Lookup<Order>;
  run: Lookup<Run>;
}

export interface StuckOrders {
  stuck: StuckOrder[];
  /** True if not all candidates were inspected. */
  more: boolean;
  /** Why some sources could not be read. */
  unreadable: string[];
}

export const INSPECTED_MAX = 100;
const ANSWER_WITHIN_MS = 5_000;

/**
 * Finds orders that have been in progress for longer than `longerThanMs`, cancellations that have not finished, and
 * final orders whose workflow is still running because the order is not announced yet. A source that cannot be read
 * does not hide the others.
 */
export async function findStuck(tools: Tools, longerThanMs: number): Promise<StuckOrders> {
  const page = { olderThanMs: longerThanMs, limit: INSPECTED_MAX + 1 };
  const before = new Date(Date.now() - longerThanMs);
  const open = await lookUp(() => tools.store.inProgress(page));
  const cancelling = await lookUp(() => tools.store.cancelling(page));
  const running = await lookUp(() => runningIds(tools, before));

  const rows = new Map(
    [...(foundValue(open) ?? []), ...(foundValue(cancelling) ?? [])].map((order) => [order.id, order]),
  );
  const candidates = new Set([
    ...(foundValue(open) ?? []).map(({ id }) => orderWorkflowId(id)),
    ...(foundValue(cancelling) ?? []).map(({ id }) => cancelWorkflowId(id)),
    ...(foundValue(running) ?? []),
  ]);
  const stuck: StuckOrder[] = [];
  for (const workflowId of [...candidates].slice(0, INSPECTED_MAX)) {
    const each = await inspect(tools, workflowId, { rows, temporal: running });
    if (!isNotStuck(each, before)) stuck.push(each);
  }
  const unreadable = new Set(
    [open, cancelling, running].flatMap((part) => (part.kind === 'unreadable' ? [part.why] : [])),
  );
  return { stuck, more: candidates.size > INSPECTED_MAX, unreadable: [...unreadable] };
}

async function runningIds({ temporal, taskQueue }: Tools, before: Date): Promise<string[]> {
  await temporal.check();
  const ids: string[] = [];
  const query = `${runningSince(taskQueue, before)} AND ${ofType('order', 'cancellation')}`;
  return temporal.client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
    for await (const { workflowId } of temporal.client.workflow.list({ query })) {
      if (ids.push(workflowId) > INSPECTED_MAX) break;
    }
    return ids;
  });
}

async function inspect(
  tools: Tools,
  workflowId: string,
  { rows, temporal }: { rows: Map<string, Order>; temporal: Lookup<unknown> },
): Promise<StuckOrder> {
  const isCancellation = workflowId.startsWith(cancelWorkflowId(''));
  const orderId = workflowId.slice(workflowId.indexOf('-') + 1);
  const run: Lookup<Run> =
    temporal.kind === 'unreadable' ? temporal : await lookUp(() => describeRun(tools.temporal, workflowId));
  // If the workflow has ended, the row read earlier may be stale, so it is read again.
  const known = foundValue(run)?.status === 'RUNNING' || run.kind !== 'found' ? rows.get(orderId) : undefined;
  const order: Lookup<Order> = known ? { kind: 'found', value: known } : await lookUp(() => tools.store.find(orderId));
  return { orderId, isCancellation, order, run };
}

/** True if the workflow has completed since it was found, or if it is a cancellation that started after `before`. */
function isNotStuck({ isCancellation, order, run }: StuckOrder, before: Date): boolean {
  const { status, startedAt } = foundValue(run) ?? {};
  if (status === 'RUNNING') return isCancellation && startedAt! >= before;
  if (status !== 'COMPLETED' || order.kind !== 'found') return false;
  return isCancellation
    ? order.value.status === 'CANCELLED' || order.value.status === 'FAILED'
    : order.value.status !== 'IN_PROGRESS';
}
