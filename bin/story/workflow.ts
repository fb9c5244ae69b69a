import { readConfig, type Env } from '../../lib/config.ts';
import { createTemporal, ifKnown, temporalReaders, toAddress, type Temporal } from '../../lib/temporal.ts';
import { contentOf, inWords, type HistoryEvent } from './history-words.ts';
import type { Part } from './part.ts';
import { pendingOf, type Pending } from './pending.ts';
import { columns, toDate, type Clock } from './text.ts';

/** The latest run of one of an order's workflows. */
export interface Workflow {
  runId: string;
  status: string;
  startedAt: Date;
  /** As its input has it. */
  ownerId: string | undefined;
  history: HistoryEvent[];
  /** The activities that are being tried now: history has nothing of their attempts yet. */
  pending: Pending[];
}

const ANSWER_WITHIN_MS = 5_000;

/** A workflow from its start to where it stands. Undefined when Temporal knows none with this id. */
export async function readWorkflow(env: Env, workflowId: string): Promise<Workflow | undefined> {
  const temporal = createTemporal(toAddress(readConfig(env, temporalReaders)));
  try {
    await temporal.check();
    return await ifKnown(temporal.client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => read(temporal, workflowId)));
  } finally {
    await temporal.close();
  }
}

async function read({ client, makeReadable }: Temporal, workflowId: string): Promise<Workflow> {
  const handle = client.workflow.getHandle(workflowId);
  // One after the other: a connection that is closed while a second call is being retried throws where nobody can catch it.
  const { runId, status, startTime, raw } = await handle.describe();
  const history = (await handle.fetchHistory()).events ?? [];
  await makeReadable([raw, history]);
  const input = contentOf(history[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]) as
    { ownerId?: string } | undefined;
  return {
    runId,
    status: status.name,
    startedAt: startTime,
    ownerId: input?.ownerId,
    history,
    pending: pendingOf(raw),
  };
}

/** What has happened in the workflow, event by event, and what is being tried. */
export function tellWorkflow(workflow: Part<Workflow>, clock: Clock, isFinal: boolean): string[] {
  if (workflow.kind === 'unread') return [`  not read: ${workflow.why}`];
  if (workflow.kind === 'missing') {
    return [
      isFinal
        ? '  missing: the order is final, and Temporal has dropped its workflow, or never had one'
        : '  missing: the auditor will start it when it finds the row',
    ];
  }
  const { runId, status, history, pending } = workflow.value;
  const words = inWords(history, clock);
  return [
    `  ${status}, run ${runId}, ${history.length} events`,
    ...columns(
      history.map((event, n) => [String(event.eventId), clock(toDate(event.eventTime)), nameOf(event), words[n]!]),
    ),
    ...pending.map(
      ({ activity, attempt, failure, nextAt }) =>
        `  under way: ${activity}, attempt ${attempt}, at ${clock(nextAt)}${failure ? `; the one before: ${failure}` : ''}`,
    ),
  ];
}

/** As the Web UI has it: `ActivityTaskStarted`. */
function nameOf({ attributes }: HistoryEvent): string {
  const name = (attributes ?? 'unknown').replace(/EventAttributes$/, '');
  return name.charAt(0).toUpperCase() + name.slice(1);
}
