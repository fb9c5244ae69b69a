import type { Resources } from './checks/resources.i26.ts';
import type { Rows } from './checks/rows.ts';
import type { Violation } from './checks/violation.ts';
import { faultKinds, type Fault } from './nemesis/faults.ts';

export interface Report {
  seeds: readonly number[];
  faults: readonly Fault[];
  failpoints: { hit: readonly string[]; all: number };
  rows: Rows;
  requests: number;
  unknown: number;
  restarts: number;
  tookMs: number;
  violations: readonly Violation[];
  /** The fields below are missing if the storm ended early. */
  databaseChecks?: number;
  /** For each seed, from the end of the last fault to quiescence. */
  quietMs?: readonly number[];
  resources?: { start: Resources; end: Resources };
}

const VIOLATIONS_PRINTED_MAX = 40;

/** The report that the command prints. */
export function toText(report: Report): string {
  const { seeds, failpoints, violations, tookMs, quietMs = [], resources } = report;
  const deaths = `${new Set(failpoints.hit).size} of ${failpoints.all}, ${failpoints.hit.length} deaths`;
  return [
    '',
    `seed ${seeds.join(' and ')}, ${seconds(tookMs)} in all, quiet ${quietMs.map(seconds).join(' and ')} after the last fault`,
    '',
    ...table([...faultCounts(report), ['failpoints hit', deaths]]),
    '',
    ...table(figures(report)),
    '',
    ...(resources ? [...table(resourcesOf(resources)), ''] : []),
    ...violations
      .slice(0, VIOLATIONS_PRINTED_MAX)
      .map(({ invariant, what }, n) => `${n === 0 ? 'first violation: ' : ''}${invariant} ${what}`),
    violations.length === 0 ? 'all invariants hold' : `${violations.length} violations`,
  ].join('\n');
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const faultCounts = ({ faults }: Report): string[][] =>
  Object.keys(faultKinds).map((kind) => [kind, String(faults.filter((fault) => fault.kind === kind).length)]);

function figures({
  rows: { orders, notifications, movements },
  requests,
  unknown,
  databaseChecks,
  restarts,
}: Report): string[][] {
  const statuses = ['SUCCESS', 'FAILED', 'CANCELLED', 'IN_PROGRESS'] as const;
  return [
    ['orders', String(orders.length)],
    ...statuses.map((status) => [`  ${status}`, String(orders.filter((order) => order.status === status).length)]),
    ['movements of money', String(movements.length)],
    ['notifications', String(notifications.length)],
    ['requests', `${requests}, ${unknown} with an unknown outcome at first`],
    ['database checks during the storm', String(databaseChecks ?? '')],
    ['processes restarted', String(restarts)],
  ];
}

function resourcesOf({ start, end }: NonNullable<Report['resources']>): string[][] {
  const kinds = Object.keys(start) as Array<keyof Resources>;
  const names = [...new Set(kinds.flatMap((kind) => Object.keys(end[kind])))];
  const cell = (kind: keyof Resources, name: string) =>
    end[kind][name] === undefined ? '' : `${Math.round(start[kind][name] ?? 0)} → ${Math.round(end[kind][name])}`;
  return [['', ...kinds], ...names.map((name) => [name, ...kinds.map((kind) => cell(kind, name))])];
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
