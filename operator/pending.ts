import type { WorkflowExecutionDescription } from '@temporalio/client';
import { describeFailure } from './history-words.ts';
import { toDate } from './terminal.ts';

/** An activity that has not ended. The history does not contain its attempts yet. */
export interface PendingActivity {
  id: string;
  activity: string;
  attempt: number;
  /** Of the previous attempt. */
  failure: string | undefined;
  /** When the next or running attempt is due. */
  nextAt: Date | undefined;
  running: boolean;
  /** In the Web UI, until unpaused or retried. */
  paused: boolean;
}

/** `Started` in Temporal's API. */
const STARTED = 2;

/** The activities that a workflow waits for. Payloads must be decrypted. */
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
