import { setTimeout as sleep } from 'node:timers/promises';
import { asFirstTold, isOpen } from '../../api/orders/cancellation.ts';
import type { Order } from '../../api/orders/store.ts';
import { cancelWorkflowId, orderWorkflowId } from '../../specs/identity.ts';
import type { CancellationInput } from '../../workflows/cancellation.ts';
import type { SettledOrder } from '../../workflows/order.ts';
import type { Told } from '../command.ts';
import { describeRun, inputOf, resultOf, tryNow, type Run } from './runs.ts';
import type { Subject } from './subject.ts';
import type { Tools } from './tools.ts';

const WATCHED_FOR_MS = 5_000;
const LOOK_EVERY_MS = 100;

/**
 * Gets an order on that is stuck: what waits for its next try is tried now; a workflow that is missing, or did not end well, is
 * started. With `again` also one that has ended well, where a part of the system has forgotten what it did. Every step has its
 * key, so nothing that happened happens twice.
 */
export async function retry(tools: Tools, subject: Subject, { again }: { again: boolean }): Promise<Told> {
  const running = [subject.order, subject.cancellation].filter((run) => run?.status === 'RUNNING') as Run[];
  if (running.length > 0) {
    const all: Told[] = [];
    for (const run of running) all.push(await tryAgain(tools, run));
    return {
      text: all.map(({ text }) => text).join('\n'),
      exitCode: all.some(({ exitCode }) => exitCode === 0) ? 0 : 1,
    };
  }
  if (!subject.placed) {
    return {
      text: `There is no row of order ${subject.id}, and its workflow has ended. To write the row again: npm run order -- restore`,
      exitCode: 1,
    };
  }
  return startAgain(tools, { ...subject, placed: subject.placed }, again);
}

async function tryAgain(tools: Tools, run: Run): Promise<Told> {
  const { workflowId, pending, task } = run;
  if (pending.length === 0) {
    if (!task)
      return {
        text: `${workflowId} is at work at this moment, and nothing of it waits. Nothing was done.`,
        exitCode: 0,
      };
    const why = task.failure ?? 'none has answered yet';
    return {
      text: `${workflowId} waits for a worker to say what comes next, and no try of a step would change that: ${why}`,
      exitCode: 1,
    };
  }
  // An attempt that is under way would be forgotten with that, and waited for until its time is up.
  for (const each of pending.filter(({ underWay }) => !underWay)) await tryNow(tools.temporal, run, each);
  const before = pending
    .map(({ activity, attempt, failure }) => `${activity}, attempt ${attempt}${failure ? ` after "${failure}"` : ''}`)
    .join('; ');
  return {
    text: `${workflowId} was at ${before}. It is tried now: ${await watched(tools, run.workflowId)}`,
    exitCode: 0,
  };
}

async function startAgain(tools: Tools, subject: Subject & { placed: Order }, again: boolean): Promise<Told> {
  const placed = await remembered(tools, subject);
  const all = workflowsOf({ ...subject, placed }, { wasOpen: subject.placed.status === 'IN_PROGRESS' });
  const due = all.filter(({ before, isDue }) => isDue || again || before?.status !== 'COMPLETED');
  if (due.length === 0) {
    const ids = all.map(({ workflowId }) => workflowId);
    const how = 'To have it repeat every step under its old keys, add --again.';
    return {
      text: `Order ${placed.id} is ${placed.status}, and ${ids.join(' and ')} ${ids.length > 1 ? 'have' : 'has'} ended well: there is nothing to retry. ${how}`,
      exitCode: 1,
    };
  }
  const told: string[] = [];
  for (const { workflowId, before, start } of due) {
    // Whatever comes before an order is its cancellation.
    const refused = await start(tools, { isTakenBack: told.length > 0 });
    if (refused) return { text: [...told, refused].join('\n'), exitCode: 1 };
    told.push(
      `${workflowId} ${before ? `had ended as ${before.status}` : 'did not exist'}, and was started: ${await watched(tools, workflowId)}`,
    );
  }
  return { text: told.join('\n'), exitCode: 0 };
}

/**
 * The order as its buyer was told of it, whatever its row was restored to: what it first became, and that it was taken back after that.
 * What is done next is judged by that, since billing may have forgotten as much, and would charge it.
 */
async function remembered(tools: Tools, { placed, cancellation }: Subject & { placed: Order }): Promise<Order> {
  const { temporal, store } = tools;
  const first = await asFirstTold(placed, tools);
  if (
    cancellation?.status !== 'COMPLETED' ||
    (await resultOf<SettledOrder>(temporal, cancellation)).status !== 'CANCELLED'
  )
    return first;
  const { cause } = await inputOf<CancellationInput>(temporal, cancellation);
  return (await store.requestCancellation(placed.id, cause)) ?? first;
}

interface Startable {
  workflowId: string;
  before: Run | undefined;
  /** It has work to do, however it ended before. */
  isDue: boolean;
  /** Answers why it was not started, if so. `isTakenBack`: its cancellation was started just now. */
  start(tools: Tools, just: { isTakenBack: boolean }): Promise<string | undefined>;
}

/** The workflows that an order should have had by now, in the order in which they may be repeated: what was taken back stays unpaid from the first moment. */
function workflowsOf(
  { id, placed, order, cancellation }: Subject & { placed: Order },
  { wasOpen }: { wasOpen: boolean },
): Startable[] {
  const isBeingTakenBack = placed.cancelCause !== null && isOpen(placed);
  const ofCancellation: Startable = {
    workflowId: cancelWorkflowId(id),
    before: cancellation,
    isDue: isBeingTakenBack,
    start: async ({ saga }) => {
      await saga.startCancellation(placed, placed.cancelCause ?? 'operator', { again: true });
      return undefined;
    },
  };
  const ofOrder: Startable = {
    workflowId: orderWorkflowId(id),
    before: order,
    isDue: wasOpen,
    async start(tools, { isTakenBack }) {
      if (!(await isSafeToCharge(tools, placed, isTakenBack)))
        return `Order ${id} is ${placed.status}, and billing has not promised yet that it stays unpaid: ${cancelWorkflowId(id)} sees to that. Try again later.`;
      await tools.saga.start(placed, { again: true });
      return undefined;
    },
  };
  if (isBeingTakenBack) return [ofCancellation];
  return placed.status === 'CANCELLED' && placed.firstStatus === 'SUCCESS' ? [ofCancellation, ofOrder] : [ofOrder];
}

/** A billing that was restored may have forgotten why an order is not paid, and would charge it now. So it is made to promise first that it never will. */
async function isSafeToCharge(tools: Tools, placed: Order, isTakenBack: boolean): Promise<boolean> {
  if (isOpen(placed)) return true;
  if (!isTakenBack) {
    await tools.saga.startCancellation(placed, 'operator', { again: true });
    await watched(tools, cancelWorkflowId(placed.id));
  }
  return (await describeRun(tools.temporal, cancelWorkflowId(placed.id)))?.status === 'COMPLETED';
}

/** What becomes of a workflow within a moment. */
async function watched({ temporal }: Tools, workflowId: string): Promise<string> {
  for (const deadline = Date.now() + WATCHED_FOR_MS; Date.now() < deadline; await sleep(LOOK_EVERY_MS)) {
    const run = await describeRun(temporal, workflowId);
    if (run?.status !== 'RUNNING') return `the workflow has ended, ${run?.status ?? 'and is gone'}.`;
    // What was tried before is told still, until its first try from then on has failed.
    const failed = run.pending.find(({ failure, attempt, underWay }) => failure && attempt > 1 && !underWay);
    if (failed) return `${failed.activity} failed once more: ${failed.failure}`;
  }
  return 'it is still under way.';
}
