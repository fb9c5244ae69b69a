import { spawn, type ChildProcess } from 'node:child_process';

export interface Command {
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** The signal for an orderly shutdown. */
  stopSignal: 'SIGINT' | 'SIGTERM';
  /** A process that still runs after this time is killed. */
  stopWithinMs: number;
  /** Default: the current OS user. */
  user?: { uid: number; gid: number } | undefined;
  log: number;
}

// The shell execs the server, so pid and exit code are the server's. The watcher in the background reads from a pipe
// whose other end only this process holds. However this process ends, even by SIGKILL, the kernel closes that end: the
// watcher wakes up and stops the server and its children. The server's pid cannot have been reused by then, because the
// watcher is still a member of the process group with that number. What the server writes is for its own user only.
const LEASH = `
umask 077
signal=$1; seconds=$2; shift 2
(
  read -r _ <&3
  kill -s "$signal" $$; kill -s CONT $$
  while [ "$seconds" -gt 0 ] && kill -s 0 $$; do sleep 1; seconds=$((seconds - 1)); done
  kill -s KILL -- -$$
) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-
`;

/** Grace period for servers whose launcher was killed. */
const ORPHAN_MS = 8000;

/** Starts a process that cannot outlive this one. It has its own session, so Ctrl-C does not reach it. */
export function leash({ file, args, env, cwd, stopSignal, stopWithinMs, user, log }: Command): ChildProcess {
  const graceSeconds = Math.ceil(Math.min(stopWithinMs, ORPHAN_MS) / 1000);
  const child = spawn('sh', ['-c', LEASH, 'leash', stopSignal.slice(3), String(graceSeconds), file, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
    ...user,
  });
  const pipe = child.stdio[3];
  // Without its watcher the server could outlive this process, so stop it now.
  pipe?.once('close', () => child.kill(stopSignal));
  // The pipe breaks when the watcher dies, which is handled above.
  pipe?.on('error', () => {});
  child.once('exit', () => pipe?.destroy());
  return child;
}
