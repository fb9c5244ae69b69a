const LONG_MS = 10_000;
const SECOND_MS = 1_000;

/** Formats a time relative to when the order was placed, or as ISO 8601 if that is unknown. */
export type Clock = (at: Date | undefined | null) => string;

/** A time from another machine's clock may lie before `start`. It is shown as negative. */
export const clockFrom =
  (start: Date | undefined): Clock =>
  (at) => {
    if (!at) return '';
    if (!start) return at.toISOString();
    const ms = at.getTime() - start.getTime();
    const sign = ms < 0 ? '-' : '+';
    return Math.abs(ms) < LONG_MS ? `${sign}${Math.abs(ms)} ms` : `${sign}${(Math.abs(ms) / SECOND_MS).toFixed(1)} s`;
  };

/** A time in Temporal's API. */
export interface Timestamp {
  seconds?: unknown;
  nanos?: number | null;
}

export const toDate = (at: Timestamp | null | undefined): Date | undefined =>
  at ? new Date(Number(at.seconds ?? 0) * SECOND_MS + (at.nanos ?? 0) / 1e6) : undefined;

/** Escapes control characters, which could manipulate the terminal. */
const printable = (cell: string): string =>
  cell
    .replaceAll('\n', ' ')
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Formats rows as aligned columns; the last column is not padded. */
export function columns(cells: ReadonlyArray<readonly string[]>): string[] {
  const rows = cells.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, n) => (widths[n] = Math.max(widths[n] ?? 0, cell.length)));
  return rows.map((row) =>
    `  ${row.map((cell, n) => (n === row.length - 1 ? cell : cell.padEnd(widths[n]!))).join('  ')}`.trimEnd(),
  );
}
