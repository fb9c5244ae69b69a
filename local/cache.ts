import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where downloads live: outside the clone, so that a second clone, and a deleted one, need no second download. */
export function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'order-saga');
}

/** A thing to be had once per machine. Its name carries its version: another version is another thing. */
export interface Installable {
  name: string;
  /** Fills the empty folder it is given. */
  install(folder: string): Promise<void>;
  /** Where it goes, when not into the user's cache. */
  parent?: string;
}

/**
 * Answers the folder of a finished installation, and makes it when it is not there.
 * The work is done in a folder of its own and moved into place at the end: an interrupted one leaves nothing half,
 * and of two at once the second keeps what the first has moved.
 */
export async function installOnce({ name, install, parent = cacheFolder() }: Installable): Promise<string> {
  const folder = join(parent, name);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished-${randomUUID()}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await install(unfinished);
    await moveIntoPlace(unfinished, folder);
    return folder;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function moveIntoPlace(unfinished: string, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  try {
    await rename(unfinished, folder);
  } catch (error) {
    // Somebody else was quicker with the same thing: theirs is as good.
    if (!existsSync(folder)) throw error;
  }
}
