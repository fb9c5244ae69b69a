import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readLiving, writeIdentity } from './process-identity.ts';
import { SetupError } from './setup-error.ts';

/** Takes a data folder for this process alone, and answers how to give it back. The lock of a process that has died counts for nothing. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const lock = join(folder, 'lock');
  const note = join(folder, `lock.${process.pid}`);
  await writeIdentity(note, process.pid);
  try {
    await take(lock, note, folder);
  } finally {
    await rm(note, { force: true });
  }
  return () => rm(lock, { force: true });
}

/** A link appears with all its content or not at all, and only when there is none yet. */
async function take(lock: string, note: string, folder: string): Promise<void> {
  try {
    await link(note, lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = await readLiving(lock);
    if (owner)
      throw new SetupError(
        `This stack already runs as process ${owner.pid} on the data in ${folder}. Stop that one first.`,
      );
    await rm(lock, { force: true });
    await link(note, lock);
  }
}
