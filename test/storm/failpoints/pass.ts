import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { foldersOf } from './points.ts';

/** By failpoint: how often this process has passed it. */
export const passes = new Map<string, number>();

/**
 * Kills this process with SIGKILL if the failpoint is armed. The rename is atomic, so only one of several processes
 * dies. SIGKILL runs no cleanup: effects before this point stay, and later ones never happen.
 */
export function pass(dir: string, name: string): void {
  const passed = (passes.get(name) ?? 0) + 1;
  passes.set(name, passed);
  const folders = foldersOf(dir);
  const armed = join(folders.armed, name);
  if (!existsSync(armed) || !claim(armed, join(folders.hit, `${name}.${process.pid}.${passed}`))) return;
  process.kill(process.pid, 'SIGKILL');
}

function claim(armed: string, hit: string): boolean {
  try {
    renameSync(armed, hit);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
