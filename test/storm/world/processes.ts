import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

interface Process {
  pid: number;
  parent: number;
  name: string;
}

/** The watcher at the end of a leash is a child too, and has to stay awake: it ends the server when we die. */
const WATCHER = 'sh';

/** A process and all that it has started. */
export async function familyOf(pid: number): Promise<number[]> {
  const all = await processes();
  const of = (parent: number): number[] =>
    all
      .filter((each) => each.parent === parent && each.name !== WATCHER)
      .flatMap((each) => [each.pid, ...of(each.pid)]);
  return [pid, ...of(pid)];
}

/** Sends a signal to each of them that is still there. */
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
