import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { Pool } from 'undici';
import { createTemporal } from '../../lib/temporal.ts';
import type { Mode, Target } from '../target.ts';
import type { bare } from './workflow.ts';

/** What follows the answer, one activity and the end of the workflow, is over by then. */
const LAST_STEPS_MS = 300;

/** Temporal alone: the client called directly, the same number and kind of activities, none of which does anything. */
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
    rest: () => sleep(LAST_STEPS_MS),
    close,
  };
}

/** A request, one durable statement, an answer. */
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
      if (statusCode !== 200) throw new Error(`the one-statement server answered ${statusCode}`);
    },
    rest: async () => {},
    close: () => pool.close(),
  };
}
