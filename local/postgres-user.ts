import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from './setup-error.ts';

const run = promisify(execFile);

/** The OS user that Postgres runs as. */
export interface OsUser {
  uid: number;
  gid: number;
}

// Root can write here, and every user can come by: unlike root's own home, where clone and cache may lie.
const REACHABLE_FOLDER = '/var/lib/order-saga';

/** Postgres refuses to run as root: then it needs another user, who is made when there is none. Undefined: our own will do. */
export async function postgresUser(): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  return (await findUser()) ?? createUser();
}

async function findUser(): Promise<OsUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function createUser(): Promise<OsUser> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  } catch (cause) {
    throw new SetupError(
      'Postgres does not run as root, and the user "postgres" could not be made. Start as another user, or make it: useradd --system postgres.',
      { cause },
    );
  }
  const user = await findUser();
  if (!user) throw new SetupError('The OS user "postgres" was made but is not found.');
  return user;
}

/** Whether that user gets to this file or folder: every folder above it must let them pass. */
export async function canReach(user: OsUser | undefined, path: string): Promise<boolean> {
  return run('test', ['-x', path], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** A folder that stands for `folder` where every user can come by: the same one each time. */
export async function reachableTwin(folder: string, throwAway: boolean): Promise<string> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const twin = throwAway ? join(tmpdir(), `order-saga-${name}`) : join(await reachableFolder(), name);
  await mkdir(twin, { recursive: true });
  await chmod(twin, 0o755);
  return twin;
}

/** Where things go that are the same for all clones. */
export async function reachableFolder(): Promise<string> {
  await mkdir(REACHABLE_FOLDER, { recursive: true });
  // Whatever mask this process has: it is there to be come by.
  await chmod(REACHABLE_FOLDER, 0o755);
  return REACHABLE_FOLDER;
}
