import type { WorkflowExecutionDescription } from '@temporalio/client';
import { failureWords } from './history-words.ts';
import { toDate } from './text.ts';

/** An activity that is being tried: history has nothing of its attempts yet. */
export interface Pending {
  id: string;
  activity: string;
  attempt: number;
  /** Why the attempt before failed. */
  failure: string | undefined;
  /** When the next attempt is due, or when the one under way was. */
  nextAt: Date | undefined;
  underWay: boolean;
  /** By somebody, in the Web UI: it is not tried until somebody lets it. */
  paused: boolean;
}

/** `Started`, as Temporal's API numbers it. */
const STARTED = 2;

/** The activities that a workflow waits for. Payloads must have been made readable. */
export const pendingOf = ({ pendingActivities }: WorkflowExecutionDescription['raw']): Pending[] =>
  (pendingActivities ?? []).map(({ activityId, activityType, attempt, lastFailure, scheduledTime, state, paused }) => ({
    id: activityId ?? '',
    activity: activityType?.name ?? '',
    attempt: attempt ?? 1,
    failure: lastFailure ? failureWords(lastFailure) : undefined,
    nextAt: toDate(scheduledTime),
    underWay: Number(state) === STARTED,
    paused: paused === true,
  }));
