import { readConfig, type Env } from '../../../lib/config.ts';
import { createTemporal, ifFound, temporalReaders, toAddress, type Temporal } from '../../../lib/temporal/client.ts';
import { decodePayload, describeEvents, type HistoryEvent } from '../../history-words.ts';
import type { Lookup } from '../../lookup.ts';
import { toPendingActivities, type PendingActivity } from '../../pending.ts';
import { columns, toDate, type Clock } from '../../terminal.ts';

/** The latest run of one of an order's workflows. */
export interface Workflow {
  runId: string;
  status: string;
  startedAt: Date;
  /** From the workflow's input. */
  ownerId: string | undefined;
  history: HistoryEvent[];
  pending: PendingActivity[];
}

const ANSWER_WITHIN_MS = 5_000;

/** A workflow with its history; undefined if Temporal has none with this id. */
export async function readWorkflow(env: Env, workflowId: string): Promise<Workflow | undefined> {
  const temporal = createTemporal(toAddress(readConfig(env, temporalReaders)));
  try {
    await temporal.check();
    return await ifFound(temporal.client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => read(temporal, workflowId)));
  } finally {
    await temporal.close();
  }
}

async function read({ client, decryptInPlace }: Temporal, workflowId: string): Promise<Workflow> {
  const handle = client.workflow.getHandle(workflowId);
  // In sequence: closing the connection while a second call is retried throws an error that cannot be caught.
  const { runId, status, startTime, raw } = await handle.describe();
  const history = (await handle.fetchHistory()).events ?? [];
  await decryptInPlace([raw, history]);
  const input = decodePayload(history[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]) as
    { ownerId?: string } | undefined;
  return {
    runId,
    status: status.name,
    startedAt: startTime,
    ownerId: input?.ownerId,
    history,
    pending: toPendingActivities(raw),
  };
}

/** Formats the workflow's events and pending activities. */
export function formatWorkflow(workflow: Lookup<Workflow>, clock: Clock, isFinal: boolean): string[] {
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

/** As in the Web UI: `ActivityTaskStarted`. */
function nameOf({ attributes }: HistoryEvent): string {
  const name = (attributes ?? 'unknown').replace(/EventAttributes$/, '');
  return name.charAt(0).toUpperCase() + name.slice(1);
}
