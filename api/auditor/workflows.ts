import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { cancelWorkflowId, orderWorkflowId } from '../../specs/identity.ts';
import type { BookedOrder } from './book.ts';

interface Found {
  invariant: string;
  what: string;
}

const ASK_DEADLINE_MS = 5_000;
const DAY_MS = 86_400_000;
/** A workflow closes a moment after its order is final, and Temporal forgets it a moment after its time. */
const MARGIN_MS = 3_600_000;

/** What Temporal says about the workflows of orders, for as long as it can be expected to remember them. */
export async function createWorkflowBook(client: Client) {
  const retentionMs = await retentionOf(client);

  const told = async (workflowId: string): Promise<{ status: string; result?: { status: string } } | undefined> => {
    const handle = client.workflow.getHandle(workflowId);
    try {
      const { status } = await within(client, () => handle.describe());
      if (status.name !== 'COMPLETED') return { status: status.name };
      return { status: status.name, result: (await within(client, () => handle.result())) as { status: string } };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };

  return {
    /** An order that is final has a workflow that has ended with what the order first was; one that was taken back has another. */
    async driftsOf({ id, status, firstStatus, createdAt }: BookedOrder): Promise<Found[]> {
      if (status === 'IN_PROGRESS' || Date.now() - createdAt.getTime() > retentionMs - MARGIN_MS) return [];
      const found = await driftOf(orderWorkflowId(id), firstStatus ?? status);
      return status === 'CANCELLED' && firstStatus === 'SUCCESS' ? [...found, ...(await driftOf(cancelWorkflowId(id), 'CANCELLED'))] : found;
    },
  };

  async function driftOf(workflowId: string, status: string): Promise<Found[]> {
    const workflow = await told(workflowId);
    if (!workflow) return [{ invariant: 'I8', what: `there is no workflow ${workflowId}` }];
    if (workflow.status !== 'COMPLETED') return [{ invariant: 'I8', what: `${workflowId} is ${workflow.status}` }];
    return workflow.result?.status === status ? [] : [{ invariant: 'I8', what: `${workflowId} ended with ${workflow.result?.status}, and not ${status}` }];
  }
}

const within = <T>(client: Client, act: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + ASK_DEADLINE_MS, act);

async function retentionOf(client: Client): Promise<number> {
  const { namespace } = client.options;
  const { config } = await within(client, () => client.workflowService.describeNamespace({ namespace }));
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  return seconds > 0 ? seconds * 1000 : DAY_MS;
}
