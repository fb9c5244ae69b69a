import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { profileWorkflowId } from '../../specs/identity.ts';
import type { profile } from '../../workflows/profile.ts';
import type { Origin, ProfileChange } from './store.ts';

/**
 * How long a start may take. The auditor starts what was not started within it. The caller waits up to twice as long where Temporal
 * refuses connections: the client finishes its wait for the next try before it looks at the deadline. Not waiting for the client is no
 * way out: a try after the connection has been closed ends the process.
 */
const START_WITHIN_MS = 500;

/** Resolves once the workflow of a change is known to have been started, by this call or by an earlier one. May be repeated by anyone. */
export type ProfileStarter = (change: ProfileChange & Origin) => Promise<void>;

/** Starts the workflows that tell others about a profile's changes. */
export const createProfileStarter =
  ({
    temporal,
    taskQueue,
    withinMs = START_WITHIN_MS,
  }: {
    temporal: Client;
    taskQueue: string;
    withinMs?: number;
  }): ProfileStarter =>
  async ({ userId, version, correlationId, traceparent }) => {
    const start = () =>
      temporal.workflow.start<typeof profile>('profile', {
        workflowId: profileWorkflowId(userId, version),
        workflowIdConflictPolicy: 'USE_EXISTING',
        // One that was terminated or failed may run again: every step of it may be repeated.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        taskQueue,
        args: [{ userId, version, ...(correlationId && { correlationId }), ...(traceparent && { traceparent }) }],
        staticSummary: `Version ${version} of a buyer's profile`,
      });
    try {
      // The deadline travels by async context: the call has to be made inside.
      await temporal.withDeadline(Date.now() + withinMs, start);
    } catch (error) {
      // It has run already, to its end.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
