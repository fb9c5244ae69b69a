import type { Client } from '@temporalio/client';
import { ifFound } from './client.ts';

const DESCRIBE_DEADLINE_MS = 5_000;

/** True if the workflow runs or has completed. False if it failed or was stopped: the caller then starts it again. */
export const createExists =
  (client: Client) =>
  async (workflowId: string): Promise<boolean> => {
    const run = await ifFound(
      client.withDeadline(Date.now() + DESCRIBE_DEADLINE_MS, () => client.workflow.getHandle(workflowId).describe()),
    );
    return run !== undefined && ['RUNNING', 'COMPLETED', 'CONTINUED_AS_NEW', 'PAUSED'].includes(run.status.name);
  };
