import { foundValue } from '../lookup.ts';
import type { Run } from '../temporal-runs.ts';
import { columns } from '../terminal.ts';
import { INSPECTED_MAX, type StuckOrders, type StuckOrder } from './find-stuck.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** Formats stuck orders as a table, oldest first. */
export function formatStuck({ stuck, more, unreadable }: StuckOrders, longerThanS: number, now = Date.now()): string {
  const missing = unreadable.map((why) => `This list may be incomplete: ${why}`);
  const none = unreadable.length === 0 ? [`No order has been stuck for longer than ${longerThanS} s.`] : [];
  const head = stuck.length === 0 ? none : [`Orders stuck for longer than ${longerThanS} s: ${stuck.length}`];
  const oldestFirst = stuck.toSorted((a, b) => (sinceOf(a) ?? 0) - (sinceOf(b) ?? 0));
  const rows = oldestFirst.map((each) => [
    each.orderId,
    statusOf(each),
    ageOf(sinceOf(each), now),
    stepOf(each),
    attemptsOf(each),
    reasonOf(each, now),
  ]);
  const table = rows.length > 0 ? columns([['order', 'status', 'age', 'step', 'attempts', 'reason'], ...rows]) : [];
  const rest = more ? [`  … and more: only the first ${INSPECTED_MAX} were checked`] : [];
  return [...missing, ...head, ...table, ...rest].join('\n');
}

const statusOf = ({ order }: StuckOrder): string =>
  foundValue(order)?.status ?? (order.kind === 'missing' ? 'no row' : 'unknown');

/** When an order in progress was placed; otherwise when its workflow started. */
function sinceOf({ isCancellation, order, run }: StuckOrder): number | undefined {
  const placed = foundValue(order);
  if (placed?.status === 'IN_PROGRESS' && !isCancellation) return Date.parse(placed.createdAt);
  return foundValue(run)?.startedAt.getTime() ?? (placed && Date.parse(placed.createdAt));
}

function ageOf(since: number | undefined, now: number): string {
  if (since === undefined) return '';
  const ms = now - since;
  const [unit, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? ['s', 1000];
  return `${Math.floor(ms / size)} ${unit}`;
}

function stepOf({ isCancellation, run }: StuckOrder): string {
  const step =
    foundValue(run)
      ?.pending.map(({ activity }) => activity)
      .join(', ') || '-';
  return isCancellation ? `cancellation: ${step}` : step;
}

const attemptsOf = ({ run }: StuckOrder): string =>
  foundValue(run)
    ?.pending.map(({ attempt }) => attempt)
    .join(', ') || '-';

function reasonOf({ order, run, isCancellation }: StuckOrder, now: number): string {
  if (run.kind === 'unreadable') return run.why;
  if (run.kind === 'missing') return 'no workflow: the auditor has not started it';
  const description = explainRun(run.value, now);
  if (order.kind === 'missing') return `the order has no row; ${description}`;
  const isFinal = order.kind === 'found' && order.value.status !== 'IN_PROGRESS';
  return isFinal && !isCancellation ? `not announced yet: ${description}` : description;
}

function explainRun({ status, pending, task }: Run, now: number): string {
  if (status !== 'RUNNING') return `its workflow ended as ${status}, but the order is not finished`;
  if (pending.length > 0) return pending.map((each) => describeAttempt(each, now)).join('; ');
  if (task?.failure) return `the worker fails its task, attempt ${task.attempt}: ${task.failure}`;
  if (task) return `no worker has processed its task for ${ageOf(task.since?.getTime(), now) || 'a while'}`;
  return 'running';
}

function describeAttempt({ failure, running, paused, nextAt }: Run['pending'][number], now: number): string {
  const cause = failure ?? 'no attempt has ended yet';
  if (running) return `${cause}; another attempt is running`;
  if (paused) return `${cause}; paused until an operator retries it`;
  const seconds = Math.ceil(((nextAt?.getTime() ?? now) - now) / 1000);
  return seconds > 0 ? `${cause}; next attempt in ${seconds} s` : `${cause}; the next attempt waits for a worker`;
}
