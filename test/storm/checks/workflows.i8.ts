import type { Client } from '@temporalio/client';
import { orderWorkflowId, cancelWorkflowId } from '../../../specs/temporal.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { Rows, OrderRow } from './rows.ts';
import { violations, type Violation } from './violation.ts';

export interface WorkflowEnd {
  id: string;
  status: string;
  result?: string | undefined;
}

const CONCURRENCY = 8;
const PAGE = 1_000;

/** The latest run of each order and cancellation workflow that Temporal lists. */
export async function readWorkflows(client: Client): Promise<WorkflowEnd[]> {
  const latest = new Map<string, { status: string; runId: string; startedAt: Date }>();
  for await (const { workflowId, runId, status, startTime } of client.workflow.list({
    query: `WorkflowType IN ('order', 'cancellation')`,
    pageSize: PAGE,
  })) {
    if ((latest.get(workflowId)?.startedAt ?? 0) < startTime)
      latest.set(workflowId, { status: status.name, runId, startedAt: startTime });
  }
  return mapConcurrently([...latest], CONCURRENCY, async ([id, { status, runId }]): Promise<WorkflowEnd> => {
    if (status !== 'COMPLETED') return { id, status };
    return { id, status, result: ((await client.workflow.getHandle(id, runId).result()) as { status: string }).status };
  });
}

/** I8: each order and each cancellation has a completed workflow with the right result, and there are no others. */
export function checkWorkflows(workflows: readonly WorkflowEnd[], { orders }: Pick<Rows, 'orders'>): Violation[] {
  const byId = new Map(workflows.map((each) => [each.id, each]));
  const ids = new Set(orders.flatMap(({ id }) => [orderWorkflowId(id), cancelWorkflowId(id)]));
  const wrong = orders.flatMap(expectedFor).filter(({ id, result }) => byId.get(id)?.result !== result);
  return [
    ...violations(
      'I8',
      wrong,
      ({ id, result }) =>
        `${id} should have returned ${result}, but found ${JSON.stringify(byId.get(id)) ?? 'no workflow'}`,
    ),
    ...violations(
      'I8',
      workflows.filter(({ status }) => status !== 'COMPLETED'),
      ({ id, status }) => `${id} is ${status}`,
    ),
    ...violations(
      'I8',
      workflows.filter(({ id }) => !ids.has(id)),
      ({ id }) => `${id} is a workflow without an order`,
    ),
  ];
}

const expectedFor = ({ id, status, firstStatus }: OrderRow): Array<{ id: string; result: string }> => [
  { id: orderWorkflowId(id), result: firstStatus ?? status },
  ...(status === 'CANCELLED' ? [{ id: cancelWorkflowId(id), result: status }] : []),
];
