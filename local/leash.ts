import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** What runs as a server, and how it likes to be ended. */
export interface Command {
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** The signal on which it ends in good order. */
  stopSignal: 'SIGINT' | 'SIGTERM';
  /** How long that may take before it is killed. */
  stopWithinMs: number;
  /** The OS user it runs as, when not our own. */
  user?: { uid: number; gid: number } | undefined;
  /** File descriptor that takes its output. */
  log: number;
}

// The shell becomes the server itself, so its number and its end are the server's own. What stays behind is a watcher that
// reads from a pipe whose other end only we hold. However we end, also by SIGKILL, the kernel closes that end: the watcher
// wakes, and ends the server and whatever it has started. The server's number cannot have passed to somebody else by then,
// because the watcher is still a member of the process group of that number.
const LEASH = `
signal=$1; seconds=$2; shift 2
(
  read -r _ <&3
  kill -s "$signal" $$; kill -s CONT $$
  while [ "$seconds" -gt 0 ] && kill -s 0 $$; do sleep 1; seconds=$((seconds - 1)); done
  kill -s KILL -- -$$
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`;

/** Longest time that is left to those whose launcher was killed: the next start waits for them. */
const ORPHAN_MS = 8000;

/** Starts a process that cannot outlive this one. It is in a session of its own, so that Ctrl-C reaches us alone and we end things in order. */
export function leash({ file, args, env, cwd, stopSignal, stopWithinMs, user, log }: Command): ChildProcess {
  const graceSeconds = Math.ceil(Math.min(stopWithinMs, ORPHAN_MS) / 1000);
  const child = spawn('sh', ['-c', LEASH, 'leash', stopSignal.slice(3), String(graceSeconds), file, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    ...user,
  });
  const rope = child.stdio[3];
  // A server whose watcher is gone would outlive us: better to lose it now, in the open, than then.
  rope?.once('close', () => child.kill(stopSignal));
  // Without a reader the pipe breaks; that is the case above, and nothing else to know.
  rope?.on('error', () => {});
  child.once('exit', () => rope?.destroy());
  return child;
}
