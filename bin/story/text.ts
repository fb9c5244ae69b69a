const LONG_MS = 10_000;
const SECOND_MS = 1_000;

/** When something happened: counted from the order's placing, or by the clock when that is not known. */
export type Clock = (at: Date | undefined | null) => string;

/** Counts from a moment. What another machine's clock has as earlier is shown as that. */
export const clockFrom =
  (start: Date | undefined): Clock =>
  (at) => {
    if (!at) return '';
    if (!start) return at.toISOString();
    const ms = at.getTime() - start.getTime();
    const sign = ms < 0 ? '-' : '+';
    return Math.abs(ms) < LONG_MS ? `${sign}${Math.abs(ms)} ms` : `${sign}${(Math.abs(ms) / SECOND_MS).toFixed(1)} s`;
  };

/** A moment as Temporal writes it. */
export interface Timestamp {
  seconds?: unknown;
  nanos?: number | null;
}

export const toDate = (at: Timestamp | null | undefined): Date | undefined =>
  at ? new Date(Number(at.seconds ?? 0) * SECOND_MS + (at.nanos ?? 0) / 1e6) : undefined;

/** In one line, and without what does things to a terminal: what others have written may hold it. */
const printable = (word: string): string =>
  // eslint-disable-next-line no-control-regex
  word
    .replaceAll('\n', ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Rows of words under each other. The last column is as wide as it likes. */
export function columns(written: ReadonlyArray<readonly string[]>): string[] {
  const rows = written.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of rows) row.forEach((word, n) => (widths[n] = Math.max(widths[n] ?? 0, word.length)));
  return rows.map((row) =>
    `  ${row.map((word, n) => (n === row.length - 1 ? word : word.padEnd(widths[n]!))).join('  ')}`.trimEnd(),
  );
}
