import { execFile } from 'node:child_process';
import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from '../setup-error.ts';

/** New files of this process can be read by their owner only. `leash` does the same for the servers. */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}

/**
 * Creates a data folder whose content is private. Other users may pass through the folder: if you start as root,
 * Postgres runs as another user and must do so.
 */
export async function dataFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o711);
}

/** Hides the content of a data folder from other users of the machine, because an earlier release left it readable. */
export async function hideFromOthers(dir: string): Promise<void> {
  // Lock files are skipped, because other launchers create and delete them meanwhile.
  const names = (await readdir(dir)).filter((name) => !name.startsWith('lock'));
  try {
    await chmod(dir, (await stat(dir)).mode & 0o711);
    if (names.length > 0) await promisify(execFile)('chmod', ['-R', 'go-rwx', ...names.map((name) => join(dir, name))]);
  } catch (cause) {
    throw new SetupError(
      `The data in ${dir} cannot be hidden from other users of this machine, because another user owns some of it. ` +
        'Delete the folder, or make it yours with chown.',
      { cause },
    );
  }
}

/**
 * Creates the cookie file for curl, which itself would create a file that everybody can read. The folder is private
 * too, because curl creates further files in it.
 */
export async function cookieFile(dir: string): Promise<string> {
  const folder = join(dir, 'curl');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'cookies.txt');
  await (await open(file, 'a', 0o600)).close();
  return file;
}
