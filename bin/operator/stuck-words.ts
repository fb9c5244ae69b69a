import { found } from '../story/part.ts';
import { columns } from '../story/text.ts';
import { LOOKED_AT_MAX, type Stuck, type StuckOrder } from './find-stuck.ts';
import type { Run } from './runs.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** The orders that do not get on as a table, oldest first, each with the reason in plain words. */
export function tellStuck({ stuck, more, unread }: Stuck, longerThanS: number, now = Date.now()): string {
  const missing = unread.map((why) => `Not all is known: ${why}`);
  const none = unread.length === 0 ? [`No order is stuck for longer than ${longerThanS} s.`] : [];
  const head = stuck.length === 0 ? none : [`Stuck for longer than ${longerThanS} s: ${stuck.length}`];
  const oldestFirst = stuck.toSorted((a, b) => (sinceOf(a) ?? 0) - (sinceOf(b) ?? 0));
  const rows = oldestFirst.map((each) => [
    each.orderId,
    statusOf(each),
    ageOf(sinceOf(each), now),
    placeOf(each),
    triesOf(each),
    reasonOf(each, now),
  ]);
  const table = rows.length > 0 ? columns([['order', 'status', 'since', 'at', 'tries', 'why'], ...rows]) : [];
  const rest = more ? [`  … and more: the first ${LOOKED_AT_MAX} are looked at`] : [];
  return [...missing, ...head, ...table, ...rest].join('\n');
}

const statusOf = ({ order }: StuckOrder): string =>
  found(order)?.status ?? (order.kind === 'missing' ? 'no row' : 'not read');

/** Of an order that is under way, since it was placed; of one that is final, since its workflow began. */
function sinceOf({ isCancellation, order, run }: StuckOrder): number | undefined {
  const placed = found(order);
  if (placed?.status === 'IN_PROGRESS' && !isCancellation) return Date.parse(placed.createdAt);
  return found(run)?.startedAt.getTime() ?? (placed && Date.parse(placed.createdAt));
}

function ageOf(since: number | undefined, now: number): string {
  if (since === undefined) return '';
  const ms = now - since;
  const [unit, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? ['s', 1000];
  return `${Math.floor(ms / size)} ${unit}`;
}

function placeOf({ isCancellation, run }: StuckOrder): string {
  const step =
    found(run)
      ?.pending.map(({ activity }) => activity)
      .join(', ') || '-';
  return isCancellation ? `cancellation: ${step}` : step;
}

const triesOf = ({ run }: StuckOrder): string =>
  found(run)
    ?.pending.map(({ attempt }) => attempt)
    .join(', ') || '-';

function reasonOf({ order, run, isCancellation }: StuckOrder, now: number): string {
  if (run.kind === 'unread') return run.why;
  if (run.kind === 'missing') return 'no workflow: the auditor has not started it';
  const words = runWords(run.value, now);
  if (order.kind === 'missing') return `there is no row of this order; ${words}`;
  const isFinal = order.kind === 'found' && order.value.status !== 'IN_PROGRESS';
  return isFinal && !isCancellation ? `not announced yet: ${words}` : words;
}

function runWords({ status, pending, task }: Run, now: number): string {
  if (status !== 'RUNNING') return `its workflow has ended, ${status}, and the order has not`;
  if (pending.length > 0) return pending.map((each) => tryWords(each, now)).join('; ');
  if (task?.failure) return `the worker cannot go on, attempt ${task.attempt}: ${task.failure}`;
  if (task) return `no worker has taken its turn for ${ageOf(task.since?.getTime(), now) || 'a while'}`;
  return 'at work at this moment';
}

function tryWords({ failure, underWay, paused, nextAt }: Run['pending'][number], now: number): string {
  const cause = failure ?? 'no try has ended yet';
  if (underWay) return `${cause}; another try is under way`;
  if (paused) return `${cause}; it is paused until somebody retries it`;
  const seconds = Math.ceil(((nextAt?.getTime() ?? now) - now) / 1000);
  return seconds > 0 ? `${cause}; the next try is in ${seconds} s` : `${cause}; the next try waits for a worker`;
}
