import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** By step: how many attempts this process has begun while attempts at that step were delayed. */
const arrivals = new Map<string, number>();

/**
 * Delays the start of every second attempt at these steps, as a paused process or a long wait for a connection would.
 * Temporal then repeats the step, and the late attempt takes effect after its repeat. Returns the function that ends
 * the delays.
 */
export function delaySteps(dir: string, steps: readonly string[], delayMs: number): () => void {
  mkdirSync(folderOf(dir), { recursive: true });
  const files = steps.map((step) => join(folderOf(dir), step));
  for (const file of files) writeFileSync(file, String(delayMs));
  return () => files.forEach((file) => rmSync(file, { force: true }));
}

/** Waits if attempts at this step are delayed and it is this attempt's turn. */
export async function delayIfLate(dir: string, step: string): Promise<void> {
  const file = join(folderOf(dir), step);
  if (!existsSync(file)) return;
  const before = arrivals.get(step) ?? 0;
  arrivals.set(step, before + 1);
  if (before % 2 !== 0) return;
  await sleep(delayOf(file));
  mkdirSync(lateFolderOf(dir), { recursive: true });
  writeFileSync(join(lateFolderOf(dir), `${step}.${process.pid}.${before}`), '');
}

/** How many attempts at this step have begun late. An attempt whose process died meanwhile does not count. */
export function lateAttempts(dir: string, step: string): number {
  if (!existsSync(lateFolderOf(dir))) return 0;
  return readdirSync(lateFolderOf(dir)).filter((name) => name.startsWith(`${step}.`)).length;
}

/** 0 if the delay has ended meanwhile. */
function delayOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

const folderOf = (dir: string): string => join(dir, 'delayed');
const lateFolderOf = (dir: string): string => join(dir, 'late');
