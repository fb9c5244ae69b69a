import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { toDate, type Clock, type Timestamp } from './terminal.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Fields = NonNullable<History['events']>[number];
type Payload = NonNullable<
  NonNullable<NonNullable<Fields['workflowExecutionCompletedEventAttributes']>['result']>['payloads']
>[number];
type Failure = NonNullable<Fields['activityTaskFailedEventAttributes']>['failure'];

/** `attributes` names the one `…EventAttributes` field that is set. */
export type HistoryEvent = Fields & { attributes?: keyof Fields };

/** Decodes a decrypted payload. */
export const decodePayload = (payload: Payload | null | undefined): unknown =>
  payload?.metadata ? defaultPayloadConverter.fromPayload(payload) : undefined;

/** Describes every event in plain words. */
export function describeEvents(history: readonly HistoryEvent[], clock: Clock): string[] {
  const activities = new Map(
    history.map((event) => [
      String(event.eventId),
      event.activityTaskScheduledEventAttributes?.activityType?.name ?? 'an activity',
    ]),
  );
  const scheduled = (attributes: { scheduledEventId?: unknown } | null | undefined) =>
    activities.get(String(attributes?.scheduledEventId)) ?? 'an activity';
  return history.map((event) =>
    withLastFailure(
      describeActivity(event, scheduled) ??
        describeMarker(event, clock) ??
        describeWorkflow(event) ??
        describeTask(event) ??
        '',
      event,
    ),
  );
}

const summaryOf = (event: HistoryEvent): string =>
  (decodePayload(event.userMetadata?.summary) as string | undefined) ?? '';

const withLastFailure = (description: string, { activityTaskStartedEventAttributes: started }: HistoryEvent): string =>
  started?.lastFailure ? `${description}; last failure: ${describeFailure(started.lastFailure)}` : description;

function describeActivity(
  event: HistoryEvent,
  scheduled: (attributes: { scheduledEventId?: unknown }) => string,
): string | undefined {
  const {
    activityTaskScheduledEventAttributes: requested,
    activityTaskStartedEventAttributes: started,
    activityTaskCompletedEventAttributes: completed,
  } = event;
  const {
    activityTaskFailedEventAttributes: failed,
    activityTaskTimedOutEventAttributes: timedOut,
    activityTaskCanceledEventAttributes: cancelled,
  } = event;
  if (requested) return `${requested.activityType?.name}: ${summaryOf(event)}`;
  if (started) return `${scheduled(started)} started, attempt ${started.attempt}`;
  if (completed) return `${scheduled(completed)} completed${describeResult(completed.result)}`;
  if (failed) return `${scheduled(failed)} failed for good: ${describeFailure(failed.failure)}`;
  if (timedOut) return `${scheduled(timedOut)} timed out: ${describeFailure(timedOut.failure)}`;
  if (cancelled) return `${scheduled(cancelled)} was cancelled`;
  return undefined;
}

/** Markers record local activities and the version of the code. */
function describeMarker(event: HistoryEvent, clock: Clock): string | undefined {
  const marker = event.markerRecordedEventAttributes;
  if (!marker) return undefined;
  const data = decodePayload(marker.details?.['data']?.payloads?.[0]) as
    { activity_type?: string; complete_time?: Timestamp } | undefined;
  if (marker.markerName !== 'core_local_activity' || !data) return `marker of the worker: ${marker.markerName}`;
  const outcome = marker.failure
    ? `failed: ${describeFailure(marker.failure)}`
    : `completed at ${clock(toDate(data.complete_time))}${describeResult(marker.details?.['result'])}`;
  return `${data.activity_type} (local activity): ${summaryOf(event)}; ${outcome}`;
}

function describeWorkflow(event: HistoryEvent): string | undefined {
  const {
    workflowExecutionStartedEventAttributes: started,
    workflowExecutionCompletedEventAttributes: completed,
    workflowExecutionFailedEventAttributes: failed,
  } = event;
  const {
    workflowExecutionTerminatedEventAttributes: terminated,
    workflowExecutionUpdateCompletedEventAttributes: updated,
  } = event;
  if (started) return `the workflow started: ${summaryOf(event) || 'no summary'}`;
  if (event.workflowExecutionUpdateAcceptedEventAttributes) return 'a caller waits for the outcome';
  if (updated)
    return `the caller received the outcome${describeResult(updated.outcome?.success)}${updated.outcome?.failure ? `: ${describeFailure(updated.outcome.failure)}` : ''}`;
  if (event.workflowExecutionCancelRequestedEventAttributes) return 'cancellation was requested';
  if (completed) return `the workflow completed${describeResult(completed.result)}`;
  if (failed) return `the workflow failed: ${describeFailure(failed.failure)}`;
  if (terminated) return `the workflow was terminated: ${terminated.reason || 'no reason given'}`;
  if (event.workflowExecutionCanceledEventAttributes) return 'the workflow was cancelled';
  if (event.upsertWorkflowSearchAttributesEventAttributes) return `search attributes set: ${describeAttributes(event)}`;
  return undefined;
}

function describeTask({ workflowTaskFailedEventAttributes: failed, ...event }: HistoryEvent): string | undefined {
  if (event.workflowTaskScheduledEventAttributes) return 'waiting for a worker';
  if (event.workflowTaskStartedEventAttributes) return 'a worker picked up the task';
  if (event.workflowTaskCompletedEventAttributes) return 'the worker decided the next steps:';
  if (event.workflowTaskTimedOutEventAttributes) return 'the worker timed out; the task is scheduled again';
  return failed ? `the worker failed the task: ${describeFailure(failed.failure)}` : undefined;
}

const describeAttributes = ({ upsertWorkflowSearchAttributesEventAttributes: upsert }: HistoryEvent): string =>
  Object.entries(upsert?.searchAttributes?.indexedFields ?? {})
    .map(([name, value]) => `${name} = ${String(decodePayload(value))}`)
    .join(', ');

function describeResult(result: { payloads?: Payload[] | null } | null | undefined): string {
  const content = decodePayload(result?.payloads?.[0]);
  return content === undefined || content === null ? '' : `: ${JSON.stringify(content)}`;
}

/** A failure's message and that of its cause. */
export function describeFailure(failure: Failure): string {
  const own = failure?.message ?? 'no reason given';
  return failure?.cause?.message ? `${own}: ${failure.cause.message}` : own;
}
