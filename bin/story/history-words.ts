import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { toDate, type Clock, type Timestamp } from './text.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Fields = NonNullable<History['events']>[number];
type Payload = NonNullable<
  NonNullable<NonNullable<Fields['workflowExecutionCompletedEventAttributes']>['result']>['payloads']
>[number];
type Failure = NonNullable<Fields['activityTaskFailedEventAttributes']>['failure'];

/** An event of a workflow's history; `attributes` names the one field that says what it is about. */
export type HistoryEvent = Fields & { attributes?: keyof Fields };

/** What a payload holds. */
export const contentOf = (payload: Payload | null | undefined): unknown =>
  payload?.metadata ? defaultPayloadConverter.fromPayload(payload) : undefined;

/** Every event in plain words, in the order of the history. */
export function inWords(history: readonly HistoryEvent[], clock: Clock): string[] {
  const activities = new Map(
    history.map((event) => [
      String(event.eventId),
      event.activityTaskScheduledEventAttributes?.activityType?.name ?? 'an activity',
    ]),
  );
  const scheduled = (attributes: { scheduledEventId?: unknown } | null | undefined) =>
    activities.get(String(attributes?.scheduledEventId)) ?? 'an activity';
  return history.map((event) =>
    withAfterthought(
      activityWords(event, scheduled) ?? markerWords(event, clock) ?? workflowWords(event) ?? taskWords(event) ?? '',
      event,
    ),
  );
}

/** The summary that the workflow gave to what it asked for. */
const summaryOf = (event: HistoryEvent): string => (contentOf(event.userMetadata?.summary) as string | undefined) ?? '';

const withAfterthought = (words: string, { activityTaskStartedEventAttributes: started }: HistoryEvent): string =>
  started?.lastFailure ? `${words}; the attempt before: ${failureWords(started.lastFailure)}` : words;

/** A worker's activities: the steps that reach out to the world. */
function activityWords(
  event: HistoryEvent,
  scheduled: (attributes: { scheduledEventId?: unknown }) => string,
): string | undefined {
  const {
    activityTaskScheduledEventAttributes: asked,
    activityTaskStartedEventAttributes: started,
    activityTaskCompletedEventAttributes: completed,
  } = event;
  const {
    activityTaskFailedEventAttributes: failed,
    activityTaskTimedOutEventAttributes: timedOut,
    activityTaskCanceledEventAttributes: cancelled,
  } = event;
  if (asked) return `${asked.activityType?.name}: ${summaryOf(event)}`;
  if (started) return `${scheduled(started)} was begun, attempt ${started.attempt}`;
  if (completed) return `${scheduled(completed)} is done${answerWords(completed.result)}`;
  if (failed) return `${scheduled(failed)} failed for good: ${failureWords(failed.failure)}`;
  if (timedOut) return `${scheduled(timedOut)} ran out of time: ${failureWords(timedOut.failure)}`;
  if (cancelled) return `${scheduled(cancelled)} was cancelled`;
  return undefined;
}

/** What the worker did within a workflow task: local activities, and notes about the version of the code. */
function markerWords(event: HistoryEvent, clock: Clock): string | undefined {
  const marker = event.markerRecordedEventAttributes;
  if (!marker) return undefined;
  const data = contentOf(marker.details?.['data']?.payloads?.[0]) as
    { activity_type?: string; complete_time?: Timestamp } | undefined;
  if (marker.markerName !== 'core_local_activity' || !data) return `a note of the worker: ${marker.markerName}`;
  const ending = marker.failure
    ? `failed: ${failureWords(marker.failure)}`
    : `done at ${clock(toDate(data.complete_time))}${answerWords(marker.details?.['result'])}`;
  return `${data.activity_type}, within the task: ${summaryOf(event)}; ${ending}`;
}

/** The workflow as a whole, and those who talk to it. */
function workflowWords(event: HistoryEvent): string | undefined {
  const {
    workflowExecutionStartedEventAttributes: started,
    workflowExecutionCompletedEventAttributes: completed,
    workflowExecutionFailedEventAttributes: failed,
  } = event;
  const {
    workflowExecutionTerminatedEventAttributes: terminated,
    workflowExecutionUpdateCompletedEventAttributes: answered,
  } = event;
  if (started) return `begins: ${summaryOf(event) || 'no summary'}`;
  if (event.workflowExecutionUpdateAcceptedEventAttributes) return 'a caller waits for the outcome';
  if (answered)
    return `the caller is answered${answerWords(answered.outcome?.success)}${answered.outcome?.failure ? `: ${failureWords(answered.outcome.failure)}` : ''}`;
  if (event.workflowExecutionCancelRequestedEventAttributes) return 'somebody asked for its cancellation';
  if (completed) return `ends${answerWords(completed.result)}`;
  if (failed) return `fails: ${failureWords(failed.failure)}`;
  if (terminated) return `was terminated: ${terminated.reason || 'no reason given'}`;
  if (event.workflowExecutionCanceledEventAttributes) return 'ends as cancelled';
  if (event.upsertWorkflowSearchAttributesEventAttributes) return `can be found by ${attributeWords(event)}`;
  return undefined;
}

/** A workflow task is a worker's turn to say what comes next. */
function taskWords({ workflowTaskFailedEventAttributes: failed, ...event }: HistoryEvent): string | undefined {
  if (event.workflowTaskScheduledEventAttributes) return 'a worker is wanted';
  if (event.workflowTaskStartedEventAttributes) return 'a worker takes its turn';
  if (event.workflowTaskCompletedEventAttributes) return 'the worker says what comes next:';
  if (event.workflowTaskTimedOutEventAttributes) return 'the worker did not answer in time; another one is asked';
  return failed ? `the worker could not go on: ${failureWords(failed.failure)}` : undefined;
}

const attributeWords = ({ upsertWorkflowSearchAttributesEventAttributes: upsert }: HistoryEvent): string =>
  Object.entries(upsert?.searchAttributes?.indexedFields ?? {})
    .map(([name, value]) => `${name} = ${String(contentOf(value))}`)
    .join(', ');

function answerWords(answer: { payloads?: Payload[] | null } | null | undefined): string {
  const content = contentOf(answer?.payloads?.[0]);
  return content === undefined || content === null ? '' : `: ${JSON.stringify(content)}`;
}

/** What a failure says, and what caused it. */
export function failureWords(failure: Failure): string {
  const own = failure?.message ?? 'no reason given';
  return failure?.cause?.message ? `${own}: ${failure.cause.message}` : own;
}
