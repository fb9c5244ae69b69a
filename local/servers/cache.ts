import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Outside the clone, so a second clone downloads nothing again. Only the owner can put programs into it. */
async function cacheFolder(): Promise<string> {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'order-saga');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return folder;
}

export interface Installable {
  /** Includes the version. */
  name: string;
  install(folder: string): Promise<void>;
  /** Default: the user's cache. */
  parent?: string;
}

/**
 * Returns the folder of the installation, and installs first if there is none. `install` fills a temporary folder that
 * is moved into place at the end, so an interruption leaves nothing incomplete. If two processes install at once, the
 * first to finish wins.
 */
export async function installOnce({ name, install, parent }: Installable): Promise<string> {
  const folder = join(parent ?? (await cacheFolder()), name);
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
    // Another process has installed it meanwhile.
    if (!existsSync(folder)) throw error;
  }
}
