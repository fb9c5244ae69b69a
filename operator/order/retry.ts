import { setTimeout as sleep } from 'node:timers/promises';
import { settleFromWorkflow, isCancellable } from '../../api/orders/cancellation.ts';
import type { Order } from '../../api/orders/order.ts';
import { orderWorkflowId, cancelWorkflowId } from '../../specs/temporal.ts';
import { cancelledBy } from './cancelled-by.ts';
import type { CommandResult } from '../command.ts';
import { describeRun, retryNow, type Run } from '../temporal-runs.ts';
import type { Tools } from '../tools.ts';
import type { Subject } from './subject.ts';

const WATCH_MS = 5_000;
const POLL_MS = 100;

/**
 * Retries waiting steps now, and starts a workflow that is missing or did not complete. `again` also runs a completed
 * workflow again, which is needed if a database restore has lost the workflow's effects. Idempotency keys make every
 * step safe to repeat.
 */
export async function retry(tools: Tools, subject: Subject, { again }: { again: boolean }): Promise<CommandResult> {
  const running = [subject.order, subject.cancellation].filter((run) => run?.status === 'RUNNING') as Run[];
  if (running.length > 0) {
    const all: CommandResult[] = [];
    for (const run of running) all.push(await retrySteps(tools, run));
    return {
      text: all.map(({ text }) => text).join('\n'),
      exitCode: all.some(({ exitCode }) => exitCode === 0) ? 0 : 1,
    };
  }
  if (!subject.placed) {
    return {
      text: `Order ${subject.id} has no row and its workflow has ended, so there is nothing to retry. To recreate the row: npm run order -- restore ${subject.id} --reason "<why>"`,
      exitCode: 1,
    };
  }
  return startWorkflows(tools, { ...subject, placed: subject.placed }, again);
}

async function retrySteps(tools: Tools, run: Run): Promise<CommandResult> {
  const { workflowId, pending, task } = run;
  if (pending.length === 0) {
    if (!task)
      return {
        text: `${workflowId} is running and no step waits for a retry. Nothing was done.`,
        exitCode: 0,
      };
    const why = task.failure ? `its last task failed: ${task.failure}` : 'no worker has processed its task yet';
    return {
      text: `${workflowId} waits for a worker, so retrying a step cannot help. Check the worker: ${why}`,
      exitCode: 1,
    };
  }
  // Leaves out running activities: a reset would discard the running attempt's result, and the workflow would wait
  // until that attempt times out.
  for (const each of pending.filter(({ running }) => !running)) await retryNow(tools.temporal, run, each);
  const steps = pending
    .map(({ activity, attempt, failure }) => `${activity}, attempt ${attempt}${failure ? ` after "${failure}"` : ''}`)
    .join('; ');
  return {
    text: `${workflowId} was at ${steps}. Retried now: ${await watch(tools, run.workflowId)}`,
    exitCode: 0,
  };
}

async function startWorkflows(
  tools: Tools,
  subject: Subject & { placed: Order },
  again: boolean,
): Promise<CommandResult> {
  const placed = await recoverRow(tools, subject);
  const all = workflowsOf({ ...subject, placed }, { wasOpen: subject.placed.status === 'IN_PROGRESS' });
  const due = all.filter(({ before, isDue }) => isDue || again || before?.status !== 'COMPLETED');
  if (due.length === 0) {
    const ids = all.map(({ workflowId }) => workflowId);
    return {
      text: `Order ${placed.id} is ${placed.status} and ${ids.join(' and ')} completed, so there is nothing to retry. To repeat every step under its original key, add --again.`,
      exitCode: 1,
    };
  }
  const lines: string[] = [];
  for (const { workflowId, before, start } of due) {
    // If a cancellation is due, it is the first step in `due`. So the first line of output means that the cancellation
    // was started.
    const refused = await start(tools, { cancellationStarted: lines.length > 0 });
    if (refused) return { text: [...lines, refused].join('\n'), exitCode: 1 };
    const action = before ? `had ended as ${before.status} and was started again` : 'did not exist and was started';
    lines.push(`${workflowId} ${action}: ${await watch(tools, workflowId)}`);
  }
  return { text: lines.join('\n'), exitCode: 0 };
}

/**
 * Writes the first final status and a later cancellation request back to a row that lost them in a database restore.
 * Billing may have lost them too, so a workflow that trusts the old row could charge the order again.
 */
async function recoverRow(tools: Tools, { placed, cancellation }: Subject & { placed: Order }): Promise<Order> {
  const { temporal, store } = tools;
  const first = await settleFromWorkflow(placed, tools);
  const cause = await cancelledBy(temporal, placed.id, cancellation);
  return (cause && (await store.requestCancellation(placed.id, cause))) ?? first;
}

interface Startable {
  workflowId: string;
  before: Run | undefined;
  /** True if the workflow must run again even if it has completed. */
  isDue: boolean;
  /** Starts the workflow, or returns why it may not start. */
  start(tools: Tools, options: { cancellationStarted: boolean }): Promise<string | undefined>;
}

/** The workflows that an order should have. The cancellation is first, so that a cancelled order is never charged. */
function workflowsOf(
  { id, placed, order, cancellation }: Subject & { placed: Order },
  { wasOpen }: { wasOpen: boolean },
): Startable[] {
  const isBeingCancelled = placed.cancelCause !== null && isCancellable(placed);
  const ofCancellation: Startable = {
    workflowId: cancelWorkflowId(id),
    before: cancellation,
    isDue: isBeingCancelled,
    start: async ({ saga }) => {
      await saga.startCancellation(placed, placed.cancelCause ?? 'operator', { again: true });
      return undefined;
    },
  };
  const ofOrder: Startable = {
    workflowId: orderWorkflowId(id),
    before: order,
    isDue: wasOpen,
    async start(tools, { cancellationStarted }) {
      if (!(await ensureCannotBeCharged(tools, placed, cancellationStarted)))
        return `Order ${id} is ${placed.status}, and billing has not confirmed yet that it can no longer be charged, so its workflow was not started. Wait until ${cancelWorkflowId(id)} has completed, then try again.`;
      await tools.saga.start(placed, { again: true });
      return undefined;
    },
  };
  if (isBeingCancelled) return [ofCancellation];
  return placed.status === 'CANCELLED' && placed.firstStatus === 'SUCCESS' ? [ofCancellation, ofOrder] : [ofOrder];
}

/**
 * After a restore, billing may have lost the outcome of a FAILED or CANCELLED order and would charge it. So this
 * cancels the charge first, and returns true once that has completed.
 */
async function ensureCannotBeCharged(tools: Tools, placed: Order, cancellationStarted: boolean): Promise<boolean> {
  if (isCancellable(placed)) return true;
  if (!cancellationStarted) {
    await tools.saga.startCancellation(placed, 'operator', { again: true });
    await watch(tools, cancelWorkflowId(placed.id));
  }
  return (await describeRun(tools.temporal, cancelWorkflowId(placed.id)))?.status === 'COMPLETED';
}

async function watch({ temporal }: Tools, workflowId: string): Promise<string> {
  for (const deadline = Date.now() + WATCH_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const run = await describeRun(temporal, workflowId);
    if (!run) return 'the workflow no longer exists.';
    if (run.status !== 'RUNNING') return `the workflow ended as ${run.status}.`;
    // After a reset, attempt 1 still shows the failure from before the reset.
    const failed = run.pending.find(({ failure, attempt, running }) => failure && attempt > 1 && !running);
    if (failed) return `${failed.activity} failed again: ${failed.failure}`;
  }
  return 'the workflow is still running.';
}
