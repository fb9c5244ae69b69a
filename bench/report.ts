import { percentileMs } from './load.ts';
import type { Histogram } from 'hdr-histogram-js';
import { CLIENTS } from './speed.ts';

interface Speeds {
  histograms: Record<'local' | 'regular' | 'bareLocal' | 'bareRegular' | 'statement', Histogram>;
  perSecond: Record<'local' | 'regular' | 'bareLocal' | 'bareRegular', number>;
}

export interface Report {
  speeds: Speeds;
  /** Any fault makes the measurements void. */
  faults: readonly string[];
  accepted: number;
  starts: ReadonlyArray<readonly [string, number]>;
  memoryMb: ReadonlyArray<readonly [string, number]>;
  /** `load`: the load average of the minute before the run. */
  machine: { cores: number; load: number };
  seconds: number;
}

/** Above this load, other work distorts absolute figures. */
const QUIET_LOAD = 0.7;

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const ratio = (value: number): string => value.toFixed(2);
const p50 = (histogram: Histogram): number => percentileMs(histogram, 50);
const p99 = (histogram: Histogram): number => percentileMs(histogram, 99);

/** The report as plain text. */
export function reportOf(report: Report): string {
  const { faults, accepted, starts, memoryMb, machine, seconds } = report;
  const busy =
    machine.load > QUIET_LOAD ? `, busy with other work (load ${machine.load.toFixed(1)} before the run)` : '';
  return [
    '',
    ...table(
      ['the charge runs as', 'local activity', 'regular activity', 'local ÷ regular', 'goal'],
      speedRows(report.speeds),
    ),
    '',
    ...table(
      ['start to ready', ''],
      starts.map(([name, tookMs]) => [name, `${(tookMs / 1000).toFixed(1)} s`]),
    ),
    '',
    ...table(
      ['memory after the load', ''],
      memoryMb.map(([name, mb]) => [name, `${mb.toFixed(0)} MB`]),
    ),
    '',
    faults.length === 0
      ? `Correct: ${accepted} orders accepted, ${accepted} charges, one per key, every order announced once.`
      : `VOID, ignore the measurements above, because the results are wrong: ${faults.join('; ')}.`,
    `Took ${seconds.toFixed(0)} s on ${machine.cores} cores${busy}.`,
  ].join('\n');
}

function speedRows({ histograms, perSecond }: Speeds): string[][] {
  const { local, regular, bareLocal, bareRegular, statement } = histograms;
  const times = (name: string, [a, b]: [number, number], goal = '') => [name, ms(a), ms(b), ratio(a / b), goal];
  const rates = (name: string, [a, b]: [number, number], goal = '') => [
    name,
    a.toFixed(1),
    b.toFixed(1),
    ratio(a / b),
    goal,
  ];
  const overhead = (ours: Histogram, bare: Histogram) => ratio(p50(ours) / (p50(bare) + p50(statement)));
  return [
    times('POST /orders, one client, p50', [p50(local), p50(regular)], 'G3 local ÷ regular ≤ 0.75'),
    times('POST /orders, one client, p99', [p99(local), p99(regular)]),
    times('bare update-with-start, p50', [p50(bareLocal), p50(bareRegular)]),
    times('bare update-with-start, p99', [p99(bareLocal), p99(bareRegular)]),
    ['Koa and one SQL statement, p50', ms(p50(statement)), '', '', ''],
    ['POST ÷ (bare + statement), p50', overhead(local, bareLocal), overhead(regular, bareRegular), '', 'G1 ≤ 1.25'],
    rates(`orders/s, ${CLIENTS} clients`, [perSecond.local, perSecond.regular], 'G3 local ÷ regular ≥ 1.3'),
    rates(`bare update-with-start/s, ${CLIENTS} clients`, [perSecond.bareLocal, perSecond.bareRegular]),
    [
      'orders ÷ bare',
      ratio(perSecond.local / perSecond.bareLocal),
      ratio(perSecond.regular / perSecond.bareRegular),
      '',
      'G2 ≥ 0.80',
    ],
  ];
}

/** Right-aligns all columns except the first and the goals. */
function table(head: readonly string[], rows: readonly string[][]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, n) => Math.max(...all.map((row) => row[n]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, n) => (n === 0 || n > 3 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!)))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)];
}
