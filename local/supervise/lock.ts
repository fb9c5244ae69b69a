import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../setup-error.ts';
import { readRunning, writeIdentity } from './process-identity.ts';

/** Locks a data folder for this process and returns the unlock function. The lock of a dead process is ignored. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const lock = join(folder, 'lock');
  const ownLock = join(folder, `lock.${process.pid}`);
  await writeIdentity(ownLock, process.pid);
  try {
    await acquire(lock, ownLock, folder);
  } finally {
    await rm(ownLock, { force: true });
  }
  return () => rm(lock, { force: true });
}

/** A hard link appears atomically with its content, and only if the file does not exist. */
async function acquire(lock: string, ownLock: string, folder: string): Promise<void> {
  try {
    await link(ownLock, lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = await readRunning(lock);
    if (owner)
      throw new SetupError(`A stack already runs on the data in ${folder}, as process ${owner.pid}. Stop it first.`);
    await rm(lock, { force: true });
    await link(ownLock, lock);
  }
}
