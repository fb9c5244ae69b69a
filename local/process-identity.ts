import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** One process and no other: a number alone may belong to somebody else by the time it is looked at. */
export interface ProcessIdentity {
  pid: number;
  started: string;
}

/** Who is behind this number now. Undefined when nobody is, or only a corpse that its parent has not collected. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = process.platform === 'linux' ? await startedByProc(pid) : await startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

export async function isAlive({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.started === started;
}

/** Leaves a note of the process in a file, for a later start to find. */
export async function writeIdentity(file: string, pid: number): Promise<void> {
  const identity = await identify(pid);
  if (identity) await writeFile(file, JSON.stringify(identity));
}

/** The process of which a note was left, if it still runs. */
export async function readLiving(file: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const identity = parseIdentity(text);
  return identity && (await isAlive(identity)) ? identity : undefined;
}

/** A note that a crash has cut off says nothing about anybody. */
function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** The name of the program stands in brackets and may hold anything: the fields are counted behind the last one. */
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
