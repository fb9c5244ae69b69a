import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { Pool } from 'undici';
import { createTemporal } from '../../lib/temporal/client.ts';
import type { Mode, Target } from '../target.ts';
import type { bare } from './workflow.ts';

/** The last activity and the end of the workflow come after the response, and take less than this. */
const LAST_STEPS_MS = 300;

/** Temporal alone: a workflow with the same activities as an order, which do nothing. */
export function createBareTarget({
  address,
  taskQueue,
  mode,
}: {
  address: string;
  taskQueue: string;
  mode: Mode;
}): Target {
  const { client, close } = createTemporal({ address, namespace: 'default', tls: false });
  return {
    async act() {
      const startWorkflowOperation = new WithStartWorkflowOperation<typeof bare>('bare', {
        workflowId: `bare-${randomUUID()}`,
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        taskQueue,
        args: [mode],
      });
      await client.workflow.executeUpdateWithStart<typeof bare, string, []>('outcome', {
        updateId: 'outcome',
        args: [],
        startWorkflowOperation,
      });
    },
    untilIdle: () => sleep(LAST_STEPS_MS),
    close,
  };
}

/** One HTTP request that runs one durable SQL statement. */
export function createStatementTarget(url: string): Target {
  const pool = new Pool(url);
  return {
    async act() {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/',
        body: JSON.stringify({ id: randomUUID(), price: 1 }),
      });
      await body.dump();
      if (statusCode !== 200) throw new Error(`the one-statement server returned ${statusCode}`);
    },
    untilIdle: async () => {},
    close: () => pool.close(),
  };
}
