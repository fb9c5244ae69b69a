import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.ts';
import { canReach, substituteFolder, type OsUser } from './user.ts';

export interface ClusterPlan {
  dataDir: string;
  binaries: PostgresBinaries;
  user: OsUser | undefined;
  password: string;
  throwAway: boolean;
}

/**
 * Returns the folder of the cluster, and runs initdb first if the cluster is new. Another OS user cannot reach `dataDir`,
 * so its cluster stands beside it, or in a substitute folder, whose path is then in the file `cluster-is-in`.
 */
export async function ensureCluster(plan: ClusterPlan): Promise<string> {
  const folder = await clusterFolder(plan);
  if (!existsSync(folder)) await initialise(folder, plan);
  return folder;
}

/** Removes a cluster in a substitute folder. */
export async function removeRelocatedCluster(dataDir: string): Promise<void> {
  const elsewhere = await readFile(locationFile(dataDir), 'utf8').catch(() => undefined);
  if (!elsewhere) return;
  await rm(elsewhere, { recursive: true, force: true });
  await rm(locationFile(dataDir));
}

async function clusterFolder({ dataDir, user, throwAway }: ClusterPlan): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const inside = join(dataDir, 'cluster');
  if (!user) return inside;
  const known = await readFile(locationFile(dataDir), 'utf8').catch(() => undefined);
  if (await canReach(user, dirname(dataDir))) {
    const beside = `${dataDir}-cluster`;
    // An earlier release put the cluster inside the data folder, or into a substitute folder if that could not be
    // reached.
    if (existsSync(inside)) await rename(inside, beside);
    const before = known && join(known, 'cluster');
    return before && existsSync(before) && !existsSync(beside) ? before : beside;
  }
  const elsewhere = await substituteFolder(dataDir, { throwAway, known });
  await writeFile(locationFile(dataDir), elsewhere);
  return join(elsewhere, 'cluster');
}

function locationFile(dataDir: string): string {
  return join(dataDir, 'cluster-is-in');
}

/** The folder has another name until initdb is done, so an interrupted attempt is not mistaken for a cluster. */
async function initialise(folder: string, { binaries, user, password, throwAway }: ClusterPlan): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const scratch = await mkdtemp(join(tmpdir(), 'order-saga-initdb-'));
  const passwordFile = join(scratch, 'password');
  try {
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (user) await Promise.all([unfinished, scratch, passwordFile].map((path) => chown(path, user.uid, user.gid)));
    const flags = [
      '--encoding=UTF8',
      '--locale=C',
      '--auth=scram-sha-256',
      '--username=postgres',
      ...(throwAway ? ['--no-sync'] : []),
    ];
    await promisify(execFile)(binaries.initdb, [`--pgdata=${unfinished}`, `--pwfile=${passwordFile}`, ...flags], {
      ...user,
      cwd: '/',
    });
    await rename(unfinished, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
