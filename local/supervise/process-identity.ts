import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Pids are reused; together with the start time they identify a process. */
export interface ProcessIdentity {
  pid: number;
  started: string;
}

/** Undefined if there is no such process or it is a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = process.platform === 'linux' ? await startedByProc(pid) : await startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.started === started;
}

/** Stores the identity of a process, so that a later start can check whether the process still runs. */
export async function writeIdentity(file: string, pid: number): Promise<void> {
  const identity = await identify(pid);
  if (identity) await writeFile(file, JSON.stringify(identity));
}

/** The process in the file, if it still runs. */
export async function readRunning(file: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const identity = parseIdentity(text);
  return identity && (await isAlive(identity)) ? identity : undefined;
}

/** Undefined if a crash has truncated the file. */
function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** The program name may contain any character, so fields are counted after its closing parenthesis. */
async function startedByProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || state === '' || state === 'Z' ? undefined : fields[18];
}

async function startedByPs(pid: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'state=,lstart=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  const line = stdout.trim();
  return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
}
