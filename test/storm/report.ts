import { faultKinds, type Fault } from './nemesis/faults.ts';
import type { Books } from './checks/books.ts';
import type { Holdings } from './checks/resources.ts';
import type { Violation } from './checks/violation.ts';

export interface Report {
  seeds: readonly number[];
  faults: readonly Fault[];
  failpoints: { hit: readonly string[]; all: number };
  books: Books;
  requests: number;
  unknown: number;
  restarts: number;
  tookMs: number;
  violations: readonly Violation[];
  /** What follows is known of a storm that was not ended early. */
  looks?: number;
  /** From the last fault's end until nothing was under way, of each seed. */
  quietMs?: readonly number[];
  holdings?: { start: Holdings; end: Holdings };
}

const VIOLATIONS_TOLD_MAX = 40;

/** What a storm was and what came of it, as text. */
export function toText(report: Report): string {
  const { seeds, failpoints, violations, tookMs, quietMs = [], holdings } = report;
  const deaths = `${new Set(failpoints.hit).size} of ${failpoints.all}, ${failpoints.hit.length} deaths`;
  return [
    '',
    `seed ${seeds.join(' and ')}, ${seconds(tookMs)} in all, quiet ${quietMs.map(seconds).join(' and ')} after the last fault`,
    '',
    ...table([...faultCounts(report), ['failpoints hit', deaths]]),
    '',
    ...table(figures(report)),
    '',
    ...(holdings ? [...table(holdingsOf(holdings)), ''] : []),
    ...violations
      .slice(0, VIOLATIONS_TOLD_MAX)
      .map(({ invariant, what }, n) => `${n === 0 ? 'first violation: ' : ''}${invariant} ${what}`),
    violations.length === 0 ? 'all invariants hold' : `${violations.length} violations`,
  ].join('\n');
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const faultCounts = ({ faults }: Report): string[][] =>
  Object.keys(faultKinds).map((kind) => [kind, String(faults.filter((fault) => fault.kind === kind).length)]);

function figures({
  books: { orders, notifications, movements },
  requests,
  unknown,
  looks,
  restarts,
}: Report): string[][] {
  const statuses = ['SUCCESS', 'FAILED', 'CANCELLED', 'IN_PROGRESS'] as const;
  return [
    ['orders', String(orders.length)],
    ...statuses.map((status) => [`  ${status}`, String(orders.filter((order) => order.status === status).length)]),
    ['movements of money', String(movements.length)],
    ['notifications', String(notifications.length)],
    ['requests', `${requests}, of ${unknown} of which nothing was known at first`],
    ['looks at the books meanwhile', String(looks ?? '')],
    ['processes started again', String(restarts)],
  ];
}

/** By role: what it held on to at the start, and in the end. */
function holdingsOf({ start, end }: NonNullable<Report['holdings']>): string[][] {
  const kinds = Object.keys(start) as Array<keyof Holdings>;
  const who = [...new Set(kinds.flatMap((kind) => Object.keys(end[kind])))];
  const cell = (kind: keyof Holdings, name: string) =>
    end[kind][name] === undefined ? '' : `${Math.round(start[kind][name] ?? 0)} → ${Math.round(end[kind][name])}`;
  return [['', ...kinds], ...who.map((name) => [name, ...kinds.map((kind) => cell(kind, name))])];
}

function table(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_cell, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n]!))
      .join('  ')
      .trimEnd(),
  );
}
