import { ifFound, type Temporal } from '../../../lib/temporal/client.ts';
import { describeEvents, type HistoryEvent } from '../../history-words.ts';
import type { Lookup } from '../../lookup.ts';
import { describeRun, historyOf, inputIn, type Run } from '../../temporal-runs.ts';
import { columns, toDate, type Clock } from '../../terminal.ts';

/** The latest run of one of an order's workflows. */
export interface WorkflowStory extends Run {
  /** From the workflow's input. */
  ownerId: string | undefined;
  history: HistoryEvent[];
}

/** A workflow with its history; undefined if Temporal has none with this id. */
export async function readWorkflow(temporal: Temporal, workflowId: string): Promise<WorkflowStory | undefined> {
  await temporal.check();
  // Makes these calls one after the other. If one of two concurrent calls failed, the connection could close while the
  // other is being retried, which throws an error that cannot be caught.
  const run = await describeRun(temporal, workflowId);
  if (!run) return undefined;
  const history = await ifFound(historyOf(temporal, run));
  if (!history) return undefined;
  return { ...run, history, ownerId: (inputIn(history) as { ownerId?: string } | undefined)?.ownerId };
}

/** Formats the workflow's events and pending activities. */
export function formatWorkflow(workflow: Lookup<WorkflowStory>, clock: Clock, isFinal: boolean): string[] {
  if (workflow.kind === 'unreadable') return [`  could not be read: ${workflow.why}`];
  if (workflow.kind === 'missing') {
    return [
      isFinal
        ? '  missing: the order is final; Temporal deleted the workflow after the retention time, or never had it'
        : '  missing: the auditor starts it when it finds the row',
    ];
  }
  const { runId, status, history, pending } = workflow.value;
  const descriptions = describeEvents(history, clock);
  return [
    `  ${status}, run ${runId}, ${history.length} events`,
    ...columns(
      history.map((event, n) => [
        String(event.eventId),
        clock(toDate(event.eventTime)),
        nameOf(event),
        descriptions[n]!,
      ]),
    ),
    ...pending.map(
      ({ activity, attempt, failure, nextAt }) =>
        `  pending: ${activity}, attempt ${attempt}, due at ${clock(nextAt)}${failure ? `; last failure: ${failure}` : ''}`,
    ),
  ];
}

/** The event's name as the Web UI shows it, such as `ActivityTaskStarted`. */
function nameOf({ attributes }: HistoryEvent): string {
  const name = (attributes ?? 'unknown').replace(/EventAttributes$/, '');
  return name.charAt(0).toUpperCase() + name.slice(1);
}
