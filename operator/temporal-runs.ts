import { isGrpcServiceError } from '@temporalio/client';
import { ifFound, type Temporal } from '../lib/temporal/client.ts';
import { decodePayload, describeFailure, type HistoryEvent } from './history-words.ts';
import { toPendingActivities, type PendingActivity } from './pending.ts';
import { toDate } from './terminal.ts';

/** A workflow's latest run. */
export interface Run {
  workflowId: string;
  runId: string;
  status: string;
  startedAt: Date;
  pending: PendingActivity[];
  /** The pending workflow task, if any. */
  task: Task | undefined;
}

interface Task {
  attempt: number;
  since: Date | undefined;
  /** Why the previous attempt failed. */
  failure: string | undefined;
}

const ANSWER_WITHIN_MS = 5_000;
/** A gRPC status code. */
const NOT_FOUND = 5;
/** How many of the newest events to read: enough to contain the last failed workflow task. */
const LAST_EVENTS = 3;

/** Asks Temporal for the workflow itself, because search results lag behind. Undefined if there is no such workflow. */
export const describeRun = (temporal: Temporal, workflowId: string): Promise<Run | undefined> =>
  ifFound(temporal.client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => describe(temporal, workflowId)));

async function describe(temporal: Temporal, workflowId: string): Promise<Run> {
  const { runId, status, startTime, raw } = await temporal.client.workflow.getHandle(workflowId).describe();
  await temporal.decryptInPlace(raw);
  const pendingTask = raw.pendingWorkflowTask;
  const task = pendingTask && {
    attempt: pendingTask.attempt ?? 1,
    since: toDate(pendingTask.originalScheduledTime ?? pendingTask.scheduledTime),
    failure: (pendingTask.attempt ?? 1) > 1 ? await lastTaskFailure(temporal, workflowId, runId) : undefined,
  };
  return {
    workflowId,
    runId,
    status: status.name,
    startedAt: startTime,
    pending: toPendingActivities(raw),
    task: task ?? undefined,
  };
}

async function lastTaskFailure(
  { client, decryptInPlace }: Temporal,
  workflowId: string,
  runId: string,
): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: LAST_EVENTS,
  });
  await decryptInPlace(history);
  const failed = history?.events?.find(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes);
  return failed && describeFailure(failed.workflowTaskFailedEventAttributes?.failure);
}

/** All events of a run, decrypted. */
export async function historyOf(
  { client, decryptInPlace }: Temporal,
  { workflowId, runId }: Pick<Run, 'workflowId' | 'runId'>,
): Promise<HistoryEvent[]> {
  const { events } = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
    client.workflow.getHandle(workflowId, runId).fetchHistory(),
  );
  await decryptInPlace(events);
  return events ?? [];
}

/** The workflow's input, from its first event. */
export const inputIn = ([started]: readonly HistoryEvent[]): unknown =>
  decodePayload(started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]);

/** A workflow's input. */
export const inputOf = async <T>(temporal: Temporal, run: Pick<Run, 'workflowId' | 'runId'>): Promise<T> =>
  inputIn(await historyOf(temporal, run)) as T;

/** The result of a completed run. */
export const resultOf = <T>({ client }: Temporal, { workflowId, runId }: Run): Promise<T> =>
  client.withDeadline(
    Date.now() + ANSWER_WITHIN_MS,
    () => client.workflow.getHandle(workflowId, runId, { followRuns: false }).result() as Promise<T>,
  );

/**
 * Runs a waiting activity now. Does nothing if the activity has ended since. Its attempts count from 1 again; its
 * deadline stays.
 */
export async function retryNow(
  { client }: Temporal,
  { workflowId, runId }: Pick<Run, 'workflowId' | 'runId'>,
  { id }: Pick<PendingActivity, 'id'>,
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
