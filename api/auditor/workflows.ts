import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { ifKnown } from '../../lib/temporal.ts';
import { cancelWorkflowId, orderWorkflowId } from '../../specs/identity.ts';
import type { Announcing, BookedOrder, Drift } from './book.ts';
import { onQueue } from './visibility.ts';

type Found = Omit<Drift, 'ownerId'>;

/** What contradicts a buyer's orders; and what is being announced, by order: what it has become, and its workflow still has to tell. */
export interface WorkflowFindings {
  drifts: Found[];
  announcing: Announcing;
}

/** How the latest run of a workflow stands, and what became of its order by that. */
interface Seen {
  status: string;
  orderStatus: string | undefined;
  startedAt: Date;
}

const ASK_DEADLINE_MS = 5_000;
const LIST_DEADLINE_MS = 30_000;
const LIST_ALL_DEADLINE_MS = 600_000;
const PAGE = 1_000;
const DAY_MS = 86_400_000;
/** A workflow closes a moment after its order is final, and Temporal forgets it a moment after its time. */
const MARGIN_MS = 3_600_000;
const ORDER_OWNER = defineSearchAttributeKey('OrderOwner', 'KEYWORD');
const ORDER_STATUS = defineSearchAttributeKey('OrderStatus', 'KEYWORD');

export interface WorkflowBookPorts {
  client: Client;
  /** What tells the workflows of this installation from those of others. */
  taskQueue: string;
}

/** What Temporal says about the workflows of orders, for as long as it can be expected to remember them. */
export function createWorkflowBook({ client, taskQueue }: WorkflowBookPorts) {
  let retention: Promise<number> | undefined;
  const retentionMs = async () => {
    retention ??= retentionOf(client);
    return retention.catch((error: unknown) => {
      retention = undefined;
      throw error;
    });
  };

  return {
    /**
     * An order that is final has a workflow that has ended with what the order first was; one that was taken back has another; one in
     * progress has none that has ended; and there is no workflow without its order. All of a buyer's are listed at once; what that
     * does not show, being behind, is asked for.
     */
    async compare(ownerId: string, orders: readonly BookedOrder[]): Promise<WorkflowFindings> {
      const since = Date.now() - (await retentionMs()) + MARGIN_MS;
      const seen = await listOf({ client, taskQueue }, ownerId);
      const drifts = lostOrders(seen, orders);
      const announcing = new Map<string, string[]>();
      for (const order of orders.filter(({ createdAt }) => createdAt.getTime() > since)) {
        for (const { workflowId, status } of dueOf(order)) {
          const what = await driftOf(client, { workflowId, status, seen: seen.get(workflowId) });
          if (what === ANNOUNCES) announcing.set(order.id, [...(announcing.get(order.id) ?? []), status!]);
          else if (what) drifts.push({ invariant: 'I8', orderId: order.id, what });
        }
      }
      return { drifts, announcing };
    },

    /** The buyers of all orders that Temporal remembers, each once: some may have lost the only row that named them. */
    owners: (): Promise<Set<string>> =>
      client.withDeadline(Date.now() + LIST_ALL_DEADLINE_MS, async () => {
        const owners = new Set<string>();
        for await (const { typedSearchAttributes } of client.workflow.list({
          query: `WorkflowType = 'order' AND ${onQueue(taskQueue)}`,
          pageSize: PAGE,
        })) {
          const owner = typedSearchAttributes.get(ORDER_OWNER);
          if (owner) owners.add(owner);
        }
        return owners;
      }),
  };
}

function lostOrders(seen: Map<string, Seen>, orders: readonly BookedOrder[]): Found[] {
  const ids = new Set(orders.map(({ id }) => id));
  const prefix = orderWorkflowId('');
  const remembered = [...seen.keys()].filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
  const lost = remembered.filter((id) => !ids.has(id));
  return lost.map((orderId) => ({
    invariant: 'I8',
    orderId,
    what: `there is a workflow ${orderWorkflowId(orderId)}, and no such order`,
  }));
}

interface Due {
  workflowId: string;
  /** What it has ended with; undefined for one that must not have ended. */
  status: string | undefined;
}

function dueOf({ id, status, firstStatus }: BookedOrder): Due[] {
  if (status === 'IN_PROGRESS') return [{ workflowId: orderWorkflowId(id), status: undefined }];
  const own = { workflowId: orderWorkflowId(id), status: firstStatus ?? status };
  return status === 'CANCELLED' && firstStatus === 'SUCCESS'
    ? [own, { workflowId: cancelWorkflowId(id), status }]
    : [own];
}

/** The order's end is announced without end, while Kafka is away for example. `--stuck` and the metrics show it, and it is no drift. */
const ANNOUNCES = Symbol('announces');

async function driftOf(
  client: Client,
  { workflowId, status, seen }: Due & { seen: Seen | undefined },
): Promise<string | typeof ANNOUNCES | undefined> {
  if (status === undefined && seen?.status === 'RUNNING') return undefined;
  if (status !== undefined && seen?.status === 'COMPLETED' && seen.orderStatus === status) return undefined;
  const workflow = await endOf(client, workflowId);
  // An order in progress without a workflow gets one from the auditor, and is stuck until then.
  if (status === undefined)
    return workflow?.status === 'COMPLETED'
      ? `${workflowId} ended with ${workflow.result}, and the order is IN_PROGRESS`
      : undefined;
  if (!workflow) return `there is no workflow ${workflowId}`;
  if (workflow.status === 'RUNNING' && workflow.result === status) return ANNOUNCES;
  if (workflow.status !== 'COMPLETED') return `${workflowId} is ${workflow.status}`;
  return workflow.result === status ? undefined : `${workflowId} ended with ${workflow.result}, and not ${status}`;
}

const listOf = ({ client, taskQueue }: WorkflowBookPorts, ownerId: string): Promise<Map<string, Seen>> =>
  client.withDeadline(Date.now() + LIST_DEADLINE_MS, async () => {
    const seen = new Map<string, Seen>();
    const query = `OrderOwner = '${ownerId}' AND WorkflowType IN ('order', 'cancellation') AND ${onQueue(taskQueue)}`;
    for await (const { workflowId, status, startTime, typedSearchAttributes } of client.workflow.list({
      query,
      pageSize: PAGE,
    })) {
      if ((seen.get(workflowId)?.startedAt ?? 0) > startTime) continue;
      seen.set(workflowId, {
        status: status.name,
        orderStatus: typedSearchAttributes.get(ORDER_STATUS),
        startedAt: startTime,
      });
    }
    return seen;
  });

/** How a workflow stands, and what became of its order by it so far. Undefined when there is none. */
async function endOf(
  client: Client,
  workflowId: string,
): Promise<{ status: string; result: string | undefined } | undefined> {
  const latest = await ifKnown(within(client, () => client.workflow.getHandle(workflowId).describe()));
  if (latest?.status.name !== 'COMPLETED')
    return latest && { status: latest.status.name, result: latest.typedSearchAttributes.get(ORDER_STATUS) };
  // Of this run: another one may have been started since.
  const run = client.workflow.getHandle(workflowId, latest.runId, { followRuns: false });
  const ended = await ifKnown(within(client, () => run.result() as Promise<{ status: string }>));
  return ended && { status: latest.status.name, result: ended.status };
}

const within = <T>(client: Client, act: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + ASK_DEADLINE_MS, act);

async function retentionOf(client: Client): Promise<number> {
  const { namespace } = client.options;
  const { config } = await within(client, () => client.workflowService.describeNamespace({ namespace }));
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  return seconds > 0 ? seconds * 1000 : DAY_MS;
}
