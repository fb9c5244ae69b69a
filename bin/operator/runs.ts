import { isGrpcServiceError } from '@temporalio/client';
import { ifKnown, type Temporal } from '../../lib/temporal.ts';
import { contentOf, failureWords } from '../story/history-words.ts';
import { pendingOf, type Pending } from '../story/pending.ts';
import { toDate } from '../story/text.ts';

/** The latest run of a workflow, as it stands. */
export interface Run {
  workflowId: string;
  runId: string;
  status: string;
  startedAt: Date;
  pending: Pending[];
  /** What a worker is wanted for, if one is. */
  task: Task | undefined;
}

export interface Task {
  attempt: number;
  since: Date | undefined;
  /** Why the worker before could not go on. */
  failure: string | undefined;
}

const ANSWER_WITHIN_MS = 5_000;
/** As gRPC numbers it. */
const NOT_FOUND = 5;
/** The end of a history, in which the last failed task is. */
const EVENTS_LOOKED_AT = 3;

/** Asks Temporal about a workflow itself, since visibility lags behind. Undefined when it knows none. */
export const describeRun = (temporal: Temporal, workflowId: string): Promise<Run | undefined> =>
  ifKnown(temporal.client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => describe(temporal, workflowId)));

async function describe(temporal: Temporal, workflowId: string): Promise<Run> {
  const { runId, status, startTime, raw } = await temporal.client.workflow.getHandle(workflowId).describe();
  await temporal.makeReadable(raw);
  const wanted = raw.pendingWorkflowTask;
  const task = wanted && {
    attempt: wanted.attempt ?? 1,
    since: toDate(wanted.originalScheduledTime ?? wanted.scheduledTime),
    failure: (wanted.attempt ?? 1) > 1 ? await lastTaskFailure(temporal, workflowId, runId) : undefined,
  };
  return {
    workflowId,
    runId,
    status: status.name,
    startedAt: startTime,
    pending: pendingOf(raw),
    task: task ?? undefined,
  };
}

async function lastTaskFailure(
  { client, makeReadable }: Temporal,
  workflowId: string,
  runId: string,
): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: EVENTS_LOOKED_AT,
  });
  await makeReadable(history);
  const failed = history?.events?.find(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes);
  return failed && failureWords(failed.workflowTaskFailedEventAttributes?.failure);
}

/** What a workflow was started with. */
export async function inputOf<T>(
  temporal: Temporal,
  { workflowId, runId }: Pick<Run, 'workflowId' | 'runId'>,
): Promise<T> {
  const { client, makeReadable } = temporal;
  const { events } = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
    client.workflow.getHandle(workflowId, runId).fetchHistory(),
  );
  await makeReadable(events);
  return contentOf(events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]) as T;
}

/** What a run that has ended well ended with. */
export const resultOf = <T>({ client }: Temporal, { workflowId, runId }: Run): Promise<T> =>
  client.withDeadline(
    Date.now() + ANSWER_WITHIN_MS,
    () => client.workflow.getHandle(workflowId, runId, { followRuns: false }).result() as Promise<T>,
  );

/**
 * Makes an activity run now that waits for its next attempt. Its attempts are counted anew; its deadline stays. One that has come to
 * its end by now, as its workflow may have, is left as it is.
 */
export async function tryNow(
  { client }: Temporal,
  { workflowId, runId }: Pick<Run, 'workflowId' | 'runId'>,
  { id }: Pick<Pending, 'id'>,
): Promise<void> {
  const { namespace, identity } = client.options;
  try {
    await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      client.workflowService.resetActivity({ namespace, execution: { workflowId, runId }, id, identity }),
    );
  } catch (error) {
    const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    if (code !== NOT_FOUND) throw error;
  }
}
