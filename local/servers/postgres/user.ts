import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SetupError } from '../../setup-error.ts';

const run = promisify(execFile);

export interface OsUser {
  uid: number;
  gid: number;
}

// Every user can reach this folder. The clone and the cache may be in root's home, which other users cannot reach.
const REACHABLE_FOLDER = '/var/lib/order-saga';

/** The user "postgres", created if missing, because Postgres refuses to run as root. Undefined if not run as root. */
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
      'Postgres refuses to run as root, and the OS user "postgres" could not be created. ' +
        'Start as another user, or create it: useradd --system postgres.',
      { cause },
    );
  }
  const user = await findUser();
  if (!user) throw new SetupError('The OS user "postgres" was created but cannot be found. Start as another user.');
  return user;
}

/** True if the user can execute or enter `path` and all folders above it. */
export async function canReach(user: OsUser | undefined, path: string): Promise<boolean> {
  return run('test', ['-x', path], { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/**
 * Returns a replacement for `folder` that every user can pass through: `known`, if an earlier start created it.
 * Otherwise the same `folder` always gets the same replacement. A replacement that is deleted at the end is in the
 * folder for temporary files, where other users could have created a predictable name, so its name is random.
 */
export async function substituteFolder(
  folder: string,
  { throwAway, known }: { throwAway: boolean; known: string | undefined },
): Promise<string> {
  if (known && existsSync(known)) return known;
  const substitute = throwAway
    ? await mkdtemp(join(tmpdir(), 'order-saga-postgres-'))
    : join(await sharedFolder(), createHash('sha256').update(folder).digest('hex').slice(0, 16));
  await mkdir(substitute, { recursive: true });
  await chmod(substitute, 0o711);
  return substitute;
}

/** A folder that all clones and users share. */
export async function sharedFolder(): Promise<string> {
  await mkdir(REACHABLE_FOLDER, { recursive: true });
  // mkdir applies the umask, which may keep other users out.
  await chmod(REACHABLE_FOLDER, 0o755);
  return REACHABLE_FOLDER;
}
