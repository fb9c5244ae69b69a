import { execFile } from 'node:child_process';
import { chmod, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from '../setup-error.ts';

/** New files of this process can be read by their owner only. `leash` does the same for the servers. */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}

/** Creates a data folder whose content is private. Others may pass through it, as Postgres of a start by root must. */
export async function dataFolder(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o711);
}

/** Hides what is in a data folder from other users of the machine. An earlier release left it readable. */
export async function hideFromOthers(dir: string): Promise<void> {
  // Locks come and go while other launchers try to start.
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

/** A cookie file for curl, which would create one that everybody can read. Its folder hides what curl creates. */
export async function cookieFile(dir: string): Promise<string> {
  const folder = join(dir, 'curl');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'cookies.txt');
  await (await open(file, 'a', 0o600)).close();
  return file;
}
