import type { WorkflowExecutionDescription } from '@temporalio/client';
import { describeFailure } from './history-words.ts';
import { toDate } from './terminal.ts';

/** An activity that has not ended. The history does not contain its attempts yet. */
export interface PendingActivity {
  id: string;
  activity: string;
  attempt: number;
  /** Why the previous attempt failed. */
  failure: string | undefined;
  /** When the next attempt is due, or when the running one was due. */
  nextAt: Date | undefined;
  running: boolean;
  /** True if an operator paused the activity in the Web UI. Unpausing or retrying it ends the pause. */
  paused: boolean;
}

/** The value of the state `Started` in Temporal's API. */
const STARTED = 2;

/** The activities that a workflow waits for. The description must already be decrypted. */
export const toPendingActivities = ({ pendingActivities }: WorkflowExecutionDescription['raw']): PendingActivity[] =>
  (pendingActivities ?? []).map(({ activityId, activityType, attempt, lastFailure, scheduledTime, state, paused }) => ({
    id: activityId ?? '',
    activity: activityType?.name ?? '',
    attempt: attempt ?? 1,
    failure: lastFailure ? describeFailure(lastFailure) : undefined,
    nextAt: toDate(scheduledTime),
    running: Number(state) === STARTED,
    paused: paused === true,
  }));
