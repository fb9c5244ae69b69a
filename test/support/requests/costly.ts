/** Inputs that are slow to read if an expression or parser takes more than linear time. */
import assert from 'node:assert/strict';

/** Processor time of this whole process for one request, client included: usually 1 to 3 ms. */
const CPU_MS_MAX = 20;
/** Compilation and garbage collection may take longer once. */
const TRIES = 4;
/** Sizes that fill the headers, and a body. */
export const INPUT_BYTES = 15_000;

/** Returns the lowest processor time for sending and reading the request. */
async function cpuMsOf(act: () => unknown): Promise<number> {
  let least = Infinity;
  for (let n = 0; n < TRIES && least > CPU_MS_MAX; n++) {
    const before = process.cpuUsage();
    await act();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

export const repeated = (unit: string, bytes: number): string =>
  unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes);
export const UNITS = [
  ['a', '0', '/', '"', ',', ' ', ';', '=', ':', '.', '-', '%', '[', ']', '@', '&', '*', '\\', '+', '\t', '\u00e4'],
  ['",', '";', ', ', '; ', 'a ', 'a,', ';a=', ';a="', '\\"', 'a/a,', 'a/a;', '*/*;q=', '[:', ']:1', '1.', '::'],
  ['a@', '@a.', 'a.', '..', '//', '/a', '%2e', '%2e/', '%41', 'W/"', '"a",', 'wait', 'wait ', ',wait=', 'wait=1 '],
  ['session_id', 'session_id=', 'session_id=;', 'Bearer ', 'a=', 'a==', 'http://', '-a', 'a-', '$ref', '{{', '${'],
].flat();
/** Text before and after, so that an expression matches for a long time before it fails. */
export const FRAMES: ReadonlyArray<[string, string]> = [
  ['', '!'],
  ['"', ''],
  ['Bearer a', '!'],
  ['a/a;b="', ''],
  ['[', '!'],
];

/** Fails with the titles of the inputs that took longer. */
export async function assertCheap(inputs: Iterable<[title: string, act: () => unknown]>): Promise<void> {
  const costly: string[] = [];
  for (const [title, act] of inputs) {
    const ms = await cpuMsOf(act);
    if (ms > CPU_MS_MAX) costly.push(`${title}: ${Math.round(ms)} ms`);
  }
  assert.deepEqual(costly, []);
}
