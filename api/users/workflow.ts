import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { profileWorkflowId } from '../../specs/identity.ts';
import type { profile } from '../../workflows/profile.ts';
import type { ProfileChange } from './store.ts';

/** How long a start may take. The auditor starts what was not started within it. */
const START_DEADLINE_MS = 1_000;

/** Resolves once the workflow of a change is known to have been started, by this call or by an earlier one. May be repeated by anyone. */
export type ProfileStarter = (change: ProfileChange) => Promise<void>;

/** Starts the workflows that tell others about a profile's changes. */
export const createProfileStarter =
  ({ temporal, taskQueue }: { temporal: Client; taskQueue: string }): ProfileStarter =>
  async ({ userId, version }) => {
    const start = () =>
      temporal.workflow.start<typeof profile>('profile', {
        workflowId: profileWorkflowId(userId, version),
        workflowIdConflictPolicy: 'USE_EXISTING',
        // One that was terminated or failed may run again: every step of it may be repeated.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        taskQueue,
        args: [{ userId, version }],
        staticSummary: `Version ${version} of a buyer's profile`,
      });
    try {
      await within(START_DEADLINE_MS, temporal, start);
    } catch (error) {
      // It has run already, to its end.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

/** Both bounds travel by async context: the call has to be made inside. The deadline alone lets the client wait for its next try past it. */
const within = <T>(ms: number, temporal: Client, call: () => Promise<T>): Promise<T> =>
  temporal.withDeadline(Date.now() + ms, () => temporal.withAbortSignal(AbortSignal.timeout(ms), call));
