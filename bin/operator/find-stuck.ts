import { runningSince } from '../../api/auditor/visibility.ts';
import type { Order } from '../../api/orders/store.ts';
import { cancelWorkflowId, orderWorkflowId } from '../../specs/identity.ts';
import { ask, found, type Part } from '../story/part.ts';
import { describeRun, type Run } from './runs.ts';
import type { Tools } from './tools.ts';

/** A workflow that should have ended, and its order. */
export interface StuckOrder {
  orderId: string;
  isCancellation: boolean;
  order: Part<Order>;
  run: Part<Run>;
}

export interface Stuck {
  stuck: StuckOrder[];
  /** True when there are more than are looked at. */
  more: boolean;
  /** What could not be asked, and why. */
  unread: string[];
}

export const LOOKED_AT_MAX = 100;
const ANSWER_WITHIN_MS = 5_000;

/**
 * The orders that have been in progress for longer than this, those whose cancellation has not ended, and those that are final and
 * whose workflow still runs, since nobody could be told yet. What cannot be read does not hide the rest.
 */
export async function findStuck(tools: Tools, longerThanMs: number): Promise<Stuck> {
  const page = { olderThanMs: longerThanMs, limit: LOOKED_AT_MAX + 1 };
  const before = new Date(Date.now() - longerThanMs);
  const open = await ask(() => tools.store.inProgress(page));
  const cancelling = await ask(() => tools.store.cancelling(page));
  const running = await ask(() => runningIds(tools, before));

  const rows = new Map([...(found(open) ?? []), ...(found(cancelling) ?? [])].map((order) => [order.id, order]));
  const wanted = new Set([
    ...(found(open) ?? []).map(({ id }) => orderWorkflowId(id)),
    ...(found(cancelling) ?? []).map(({ id }) => cancelWorkflowId(id)),
    ...(found(running) ?? []),
  ]);
  const stuck: StuckOrder[] = [];
  for (const workflowId of [...wanted].slice(0, LOOKED_AT_MAX)) {
    const each = await lookAt(tools, workflowId, { rows, temporal: running });
    if (!isThrough(each, before)) stuck.push(each);
  }
  const unread = new Set([open, cancelling, running].flatMap((part) => (part.kind === 'unread' ? [part.why] : [])));
  return { stuck, more: wanted.size > LOOKED_AT_MAX, unread: [...unread] };
}

async function runningIds({ temporal, taskQueue }: Tools, before: Date): Promise<string[]> {
  await temporal.check();
  const ids: string[] = [];
  const query = `${runningSince(taskQueue, before)} AND WorkflowType IN ('order', 'cancellation')`;
  return temporal.client.withDeadline(Date.now() + ANSWER_WITHIN_MS, async () => {
    for await (const { workflowId } of temporal.client.workflow.list({ query })) {
      if (ids.push(workflowId) > LOOKED_AT_MAX) break;
    }
    return ids;
  });
}

async function lookAt(
  tools: Tools,
  workflowId: string,
  { rows, temporal }: { rows: Map<string, Order>; temporal: Part<unknown> },
): Promise<StuckOrder> {
  const isCancellation = workflowId.startsWith(cancelWorkflowId(''));
  const orderId = workflowId.slice(workflowId.indexOf('-') + 1);
  const run: Part<Run> =
    temporal.kind === 'unread' ? temporal : await ask(() => describeRun(tools.temporal, workflowId));
  // A row that was read before its workflow ended has moved since.
  const known = found(run)?.status === 'RUNNING' || run.kind !== 'found' ? rows.get(orderId) : undefined;
  const order: Part<Order> = known ? { kind: 'found', value: known } : await ask(() => tools.store.find(orderId));
  return { orderId, isCancellation, order, run };
}

/** True of one that has ended since it was found, or that has only just begun. */
function isThrough({ isCancellation, order, run }: StuckOrder, before: Date): boolean {
  const { status, startedAt } = found(run) ?? {};
  if (status === 'RUNNING') return isCancellation && startedAt! >= before;
  if (status !== 'COMPLETED' || order.kind !== 'found') return false;
  return isCancellation
    ? order.value.status === 'CANCELLED' || order.value.status === 'FAILED'
    : order.value.status !== 'IN_PROGRESS';
}
