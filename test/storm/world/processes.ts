import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

interface Process {
  pid: number;
  parent: number;
  name: string;
}

/** A server's watcher is its child too, but must not be paused: the watcher stops the server if the storm dies. */
const WATCHER = 'sh';

/** Returns a process and its descendants, without watchers. */
export async function familyOf(pid: number): Promise<number[]> {
  const all = await processes();
  const of = (parent: number): number[] =>
    all
      .filter((each) => each.parent === parent && each.name !== WATCHER)
      .flatMap((each) => [each.pid, ...of(each.pid)]);
  return [pid, ...of(pid)];
}

/** Sends a signal to each process that still exists. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function processes(): Promise<Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,comm=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, name] = line.trim().split(/\s+/) as [string, string, string];
      return { pid: Number(pid), parent: Number(parent), name };
    });
}
