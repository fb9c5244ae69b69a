import type { Client } from '@temporalio/client';
import { cancelWorkflowId, orderWorkflowId } from '../../../specs/identity.ts';
import { eachOf } from '../each-of.ts';
import type { Books, OrderRow } from './books.ts';
import { violations, type Violation } from './violation.ts';

/** How a workflow stands, and what its order was when it ended. */
export interface Ended {
  id: string;
  status: string;
  result?: string | undefined;
}

const AT_ONCE = 8;
const PAGE = 1_000;

/** All workflows of orders that Temporal has, the latest run of each. */
export async function readWorkflows(client: Client): Promise<Ended[]> {
  const latest = new Map<string, { status: string; runId: string; startedAt: Date }>();
  for await (const { workflowId, runId, status, startTime } of client.workflow.list({
    query: `WorkflowType IN ('order', 'cancellation')`,
    pageSize: PAGE,
  })) {
    if ((latest.get(workflowId)?.startedAt ?? 0) < startTime)
      latest.set(workflowId, { status: status.name, runId, startedAt: startTime });
  }
  return eachOf([...latest], AT_ONCE, async ([id, { status, runId }]): Promise<Ended> => {
    if (status !== 'COMPLETED') return { id, status };
    return { id, status, result: ((await client.workflow.getHandle(id, runId).result()) as { status: string }).status };
  });
}

/** Each order has a workflow that ended as the order did, one that was taken back has another, and there are none without their order. */
export function brokenWorkflows(workflows: readonly Ended[], { orders }: Pick<Books, 'orders'>): Violation[] {
  const byId = new Map(workflows.map((each) => [each.id, each]));
  const ids = new Set(orders.flatMap(({ id }) => [orderWorkflowId(id), cancelWorkflowId(id)]));
  const wrong = orders.flatMap(dueOf).filter(({ id, result }) => byId.get(id)?.result !== result);
  return [
    ...violations(
      'I8',
      wrong,
      ({ id, result }) =>
        `${id} should have ended with ${result}, and ${JSON.stringify(byId.get(id)) ?? 'is not there'}`,
    ),
    ...violations(
      'I8',
      workflows.filter(({ status }) => status !== 'COMPLETED'),
      ({ id, status }) => `${id} is ${status}`,
    ),
    ...violations(
      'I8',
      workflows.filter(({ id }) => !ids.has(id)),
      ({ id }) => `${id} is the workflow of no order`,
    ),
  ];
}

const dueOf = ({ id, status, firstStatus }: OrderRow): Array<{ id: string; result: string }> => [
  { id: orderWorkflowId(id), result: firstStatus ?? status },
  ...(status === 'CANCELLED' ? [{ id: cancelWorkflowId(id), result: status }] : []),
];
