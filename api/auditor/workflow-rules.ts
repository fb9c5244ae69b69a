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

/** A workflow's latest run, as Temporal's search lists it. */
interface ListedRun {
  status: string;
  orderStatus: string | undefined;
  startedAt: Date;
}

const READ_DEADLINE_MS = 5_000;
const LIST_DEADLINE_MS = 30_000;
const LIST_ALL_DEADLINE_MS = 600_000;
const PAGE = 1_000;
/** More would only repeat the same finding. */
const OWNERLESS_MAX = 100;
const DAY_MS = 86_400_000;
/** Orders this close to the end of Temporal's retention are skipped: their workflow may be deleted already. */
const MARGIN_MS = 3_600_000;
const ORDER_OWNER = defineSearchAttributeKey(searchAttributes.owner.name, searchAttributes.owner.type);
const ORDER_STATUS = defineSearchAttributeKey(searchAttributes.status.name, searchAttributes.status.type);

export interface WorkflowAuditPorts {
  client: Client;
  taskQueue: string;
}

/** Reads Temporal's data for an audit. Skips older orders, whose workflows Temporal no longer retains. */
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
     * A final order needs a workflow that completed with its first final status. If it was cancelled later, it also
     * needs a completed cancellation workflow. An order in progress must have no completed workflow. Every workflow
     * needs its order. One search lists all the buyer's workflows. Searches lag behind, so a workflow that the search
     * does not confirm is then read directly.
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

    /** Workflows that name no buyer. The app starts none, so they were started by hand. */
    ownerless: (): Promise<Finding[]> =>
      client.withDeadline(Date.now() + LIST_ALL_DEADLINE_MS, async () => {
        const found: Finding[] = [];
        const query = `${ORDER_OWNER.name} IS NULL AND ${ofType('order', 'cancellation')} AND ${onQueue(taskQueue)}`;
        for await (const { workflowId } of client.workflow.list({ query, pageSize: PAGE })) {
          found.push({
            invariant: 'I8',
            what: `workflow ${workflowId} names no buyer, so the app has not started it: find out who did`,
          });
          if (found.length === OWNERLESS_MAX) break;
        }
        return found;
      }),

    /** Buyers of all orders whose workflow Temporal still has. */
    owners: (): Promise<Set<string>> =>
      client.withDeadline(Date.now() + LIST_ALL_DEADLINE_MS, async () => {
        const owners = new Set<string>();
        for await (const { typedSearchAttributes } of client.workflow.list({
          query: `${ofType('order', 'cancellation')} AND ${onQueue(taskQueue)}`,
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
  return [...listed.keys()].flatMap((workflowId) => {
    const orderId = workflowId.slice(workflowId.indexOf('-') + 1);
    // The app starts no workflow whose id has another form, so the order in its input does not matter.
    if ([orderWorkflowId(orderId), cancelWorkflowId(orderId)].includes(workflowId) && ids.has(orderId)) return [];
    return [{ invariant: 'I8', orderId, what: `workflow ${workflowId} exists, but the order does not` }];
  });
}

interface Expected {
  workflowId: string;
  /** The order status with which the workflow must have completed. Undefined if it must not have completed. */
  status: string | undefined;
}

function expectedOf({ id, status, firstStatus }: AuditedOrder): Expected[] {
  if (status === 'IN_PROGRESS') return [{ workflowId: orderWorkflowId(id), status: undefined }];
  const own = { workflowId: orderWorkflowId(id), status: firstStatus ?? status };
  return status === 'CANCELLED' && firstStatus === 'SUCCESS'
    ? [own, { workflowId: cancelWorkflowId(id), status }]
    : [own];
}

/**
 * Not a drift: the workflow retries the announcement while Kafka is down. `npm run order -- --stuck` and the metric
 * `orders_stuck` show such orders.
 */
const ANNOUNCING = Symbol('announcing');

async function driftOf(
  client: Client,
  { workflowId, status, run }: Expected & { run: ListedRun | undefined },
): Promise<string | typeof ANNOUNCING | undefined> {
  if (status === undefined && run?.status === 'RUNNING') return undefined;
  if (status !== undefined && run?.status === 'COMPLETED' && run.orderStatus === status) return undefined;
  const workflow = await latestRun(client, workflowId);
  // If an order in progress has no workflow, that is not a drift: the auditor will start one.
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
  // Read the result of exactly this run, because another run may have started meanwhile.
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
