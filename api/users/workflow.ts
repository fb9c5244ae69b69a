import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { workflowTypes, profileWorkflowId } from '../../specs/temporal.ts';
import type { profile } from '../../workflows/profile.ts';
import type { Origin, ProfileChange } from './store.ts';

/**
 * How long a start may take. If it takes longer, the auditor starts the workflow later. If Temporal refuses
 * connections, the call takes up to twice as long, because the client checks the deadline only after its backoff. Await
 * the call even so: if the connection closes during it, the client's next retry ends the process.
 */
const START_WITHIN_MS = 500;

/** Resolves once the workflow is known to be started, now or earlier. May be repeated. */
export type ProfileStarter = (change: ProfileChange & Origin) => Promise<void>;

/** Starts the workflows of profile changes. */
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
      temporal.workflow.start<typeof profile>(workflowTypes.profile, {
        workflowId: profileWorkflowId(userId, version),
        workflowIdConflictPolicy: 'USE_EXISTING',
        // A terminated or failed workflow may run again, because every step may be repeated.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        taskQueue,
        args: [{ userId, version, ...(correlationId && { correlationId }), ...(traceparent && { traceparent }) }],
        staticSummary: `Version ${version} of a buyer's profile`,
      });
    try {
      // Temporal's client applies this deadline to the calls that `start` makes.
      await temporal.withDeadline(Date.now() + withinMs, start);
    } catch (error) {
      // The workflow has already completed.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
