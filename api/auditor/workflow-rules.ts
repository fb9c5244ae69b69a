import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { ifFound } from '../../lib/temporal/client.ts';
import { searchAttributes, orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import type { Announcing, AuditedOrder, Drift } from './findings.ts';
import { ofType, onQueue } from './visibility.ts';

type Finding = Omit<Drift, 'ownerId'>;

export interface WorkflowFindings {
  drifts: Finding[];
  announcing: Announcing;
}

/** A workflow's latest run. */
interface ListedRun {
  status: string;
  orderStatus: string | undefined;
  startedAt: Date;
}

const READ_DEADLINE_MS = 5_000;
const LIST_DEADLINE_MS = 30_000;
const LIST_ALL_DEADLINE_MS = 600_000;
const PAGE = 1_000;
const DAY_MS = 86_400_000;
/** Skips orders this close to the end of Temporal's retention, whose workflow may be deleted already. */
const MARGIN_MS = 3_600_000;
const ORDER_OWNER = defineSearchAttributeKey(searchAttributes.owner.name, searchAttributes.owner.type);
const ORDER_STATUS = defineSearchAttributeKey(searchAttributes.status.name, searchAttributes.status.type);

export interface WorkflowAuditPorts {
  client: Client;
  taskQueue: string;
}

/** Temporal's data for an audit, within its retention. */
export function createWorkflowAuditView({ client, taskQueue }: WorkflowAuditPorts) {
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
     * A final order needs a workflow that completed with its first final status, and another if it was cancelled later.
     * An order in progress must have no completed one, and no workflow may lack its order. One search lists all
     * workflows; since searches lag behind, those that it does not confirm are then read directly.
     */
    async compare(ownerId: string, orders: readonly AuditedOrder[]): Promise<WorkflowFindings> {
      const since = Date.now() - (await retentionMs()) + MARGIN_MS;
      const listed = await listWorkflows({ client, taskQueue }, ownerId);
      const drifts = lostOrders(listed, orders);
      const announcing = new Map<string, string[]>();
      for (const order of orders.filter(({ createdAt }) => createdAt.getTime() > since)) {
        for (const { workflowId, status } of expectedOf(order)) {
          const what = await driftOf(client, { workflowId, status, run: listed.get(workflowId) });
          if (what === ANNOUNCING) announcing.set(order.id, [...(announcing.get(order.id) ?? []), status!]);
          else if (what) drifts.push({ invariant: 'I8', orderId: order.id, what });
        }
      }
      return { drifts, announcing };
    },

    /** Buyers of all orders that Temporal still has. */
    owners: (): Promise<Set<string>> =>
      client.withDeadline(Date.now() + LIST_ALL_DEADLINE_MS, async () => {
        const owners = new Set<string>();
        for await (const { typedSearchAttributes } of client.workflow.list({
          query: `${ofType('order')} AND ${onQueue(taskQueue)}`,
          pageSize: PAGE,
        })) {
          const owner = typedSearchAttributes.get(ORDER_OWNER);
          if (owner) owners.add(owner);
        }
        return owners;
      }),
  };
}

function lostOrders(listed: Map<string, ListedRun>, orders: readonly AuditedOrder[]): Finding[] {
  const ids = new Set(orders.map(({ id }) => id));
  const prefix = orderWorkflowId('');
  const remembered = [...listed.keys()].filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
  const lost = remembered.filter((id) => !ids.has(id));
  return lost.map((orderId) => ({
    invariant: 'I8',
    orderId,
    what: `workflow ${orderWorkflowId(orderId)} exists, but the order does not`,
  }));
}

interface Expected {
  workflowId: string;
  /** What it must have completed with. Undefined if it must not have completed. */
  status: string | undefined;
}

function expectedOf({ id, status, firstStatus }: AuditedOrder): Expected[] {
  if (status === 'IN_PROGRESS') return [{ workflowId: orderWorkflowId(id), status: undefined }];
  const own = { workflowId: orderWorkflowId(id), status: firstStatus ?? status };
  return status === 'CANCELLED' && firstStatus === 'SUCCESS'
    ? [own, { workflowId: cancelWorkflowId(id), status }]
    : [own];
}

/** No drift: a workflow retries an announcement while Kafka is down. `--stuck` and a metric show that. */
const ANNOUNCING = Symbol('announcing');

async function driftOf(
  client: Client,
  { workflowId, status, run }: Expected & { run: ListedRun | undefined },
): Promise<string | typeof ANNOUNCING | undefined> {
  if (status === undefined && run?.status === 'RUNNING') return undefined;
  if (status !== undefined && run?.status === 'COMPLETED' && run.orderStatus === status) return undefined;
  const workflow = await latestRun(client, workflowId);
  // The auditor will start a missing workflow of an order in progress.
  if (status === undefined)
    return workflow?.status === 'COMPLETED'
      ? `workflow ${workflowId} completed with ${workflow.result}, but the order is still IN_PROGRESS`
      : undefined;
  const expected = `it should have completed with ${status}`;
  if (!workflow) return `workflow ${workflowId} does not exist; ${expected}`;
  if (workflow.status === 'RUNNING' && workflow.result === status) return ANNOUNCING;
  if (workflow.status !== 'COMPLETED') return `workflow ${workflowId} is ${workflow.status}; ${expected}`;
  return workflow.result === status
    ? undefined
    : `workflow ${workflowId} completed with ${workflow.result}; ${expected}`;
}

const listWorkflows = ({ client, taskQueue }: WorkflowAuditPorts, ownerId: string): Promise<Map<string, ListedRun>> =>
  client.withDeadline(Date.now() + LIST_DEADLINE_MS, async () => {
    const latest = new Map<string, ListedRun>();
    const query = `${ORDER_OWNER.name} = '${ownerId}' AND ${ofType('order', 'cancellation')} AND ${onQueue(taskQueue)}`;
    for await (const { workflowId, status, startTime, typedSearchAttributes } of client.workflow.list({
      query,
      pageSize: PAGE,
    })) {
      if ((latest.get(workflowId)?.startedAt ?? 0) > startTime) continue;
      latest.set(workflowId, {
        status: status.name,
        orderStatus: typedSearchAttributes.get(ORDER_STATUS),
        startedAt: startTime,
      });
    }
    return latest;
  });

/** The latest run, with the order status that it has reached. */
async function latestRun(
  client: Client,
  workflowId: string,
): Promise<{ status: string; result: string | undefined } | undefined> {
  const latest = await ifFound(within(client, () => client.workflow.getHandle(workflowId).describe()));
  if (latest?.status.name !== 'COMPLETED')
    return latest && { status: latest.status.name, result: latest.typedSearchAttributes.get(ORDER_STATUS) };
  // The result of this run: another one may have started meanwhile.
  const run = client.workflow.getHandle(workflowId, latest.runId, { followRuns: false });
  const ended = await ifFound(within(client, () => run.result() as Promise<{ status: string }>));
  return ended && { status: latest.status.name, result: ended.status };
}

const within = <T>(client: Client, act: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + READ_DEADLINE_MS, act);

async function retentionOf(client: Client): Promise<number> {
  const { namespace } = client.options;
  const { config } = await within(client, () => client.workflowService.describeNamespace({ namespace }));
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  return seconds > 0 ? seconds * 1000 : DAY_MS;
}
