import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf } from './points.ts';

/** How often this process has passed each failpoint. */
export const passes = new Map<string, number>();

/**
 * Kills this process, at once and as a power cut would, if the failpoint is armed. The rename is atomic, so of many processes one
 * dies, and it is the only thing that is written: what had its effect before this point has it, what comes after it has none.
 */
export function pass(dir: string, name: string): void {
  const passed = (passes.get(name) ?? 0) + 1;
  passes.set(name, passed);
  const folders = foldersOf(dir);
  const armed = join(folders.armed, name);
  if (!existsSync(armed) || !claim(armed, join(folders.hit, `${name}.${process.pid}.${passed}`))) return;
  process.kill(process.pid, 'SIGKILL');
}

/** False when another process was faster. */
function claim(armed: string, hit: string): boolean {
  try {
    renameSync(armed, hit);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
