import type { ChildProcess } from 'node:child_process';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../setup-error.ts';
import { leash, type Command } from './leash.ts';
import { readRunning, writeIdentity } from './process-identity.ts';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  logTail: string;
}

export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  /** Shuts the process down, or kills it if that takes too long. */
  stop(): Promise<void>;
}

export interface ServerPlan extends Omit<Command, 'log' | 'cwd'> {
  name: string;
  dataDir: string;
  cwd?: string;
  startWithinMs: number;
  /** Makes a real request; throws until the server responds. */
  probe(): Promise<unknown>;
  signal?: AbortSignal | undefined;
}

const POLL_MS = 50;
const LOG_TAIL_BYTES = 3000;
const LOG_BYTES_MAX = 20_000_000;
/** Longer than leash.ts takes to stop the servers of a killed launcher. */
const PREDECESSOR_MS = 20_000;

/** Starts a server and waits until it responds. */
export async function startServer(plan: ServerPlan): Promise<Server> {
  const { name, dataDir } = plan;
  const logFile = join(dataDir, `${name}.log`);
  const log = await openLog(logFile);
  const { size: logStart } = await log.stat();
  const child = leash({ ...plan, cwd: plan.cwd ?? dataDir, log: log.fd });
  const exited = ending(child, () => tailOf(logFile, logStart));
  await log.close();
  const server: Server = { name, pid: child.pid ?? -1, logFile, exited, stop: () => stopChild(child, plan, exited) };
  try {
    if (child.pid) await writeIdentity(pidFile(name, dataDir), child.pid);
    await untilItResponds(plan, exited);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Servers of a killed launcher take a few seconds to stop. Waits until none uses the folder. */
export async function waitForPredecessor(name: string, dataDir: string): Promise<void> {
  const deadline = Date.now() + PREDECESSOR_MS;
  for (;;) {
    const predecessor = await readRunning(pidFile(name, dataDir));
    if (!predecessor) return;
    if (Date.now() > deadline)
      throw new SetupError(
        `A ${name} server already runs on ${dataDir}, as process ${predecessor.pid}. Stop it first.`,
      );
    await sleep(POLL_MS);
  }
}

async function untilItResponds(
  { name, probe, startWithinMs, signal }: ServerPlan,
  exited: Promise<Exit>,
): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  let ended: Exit | undefined;
  void exited.then((exit) => (ended = exit));
  for (;;) {
    signal?.throwIfAborted();
    const problem = await probe().then(
      () => undefined,
      (error: unknown) => error ?? new Error('no response'),
    );
    if (ended) throw new Error(`${name} ended during its start: ${describeExit(ended)}`, { cause: problem });
    if (problem === undefined) return;
    if (Date.now() > deadline)
      throw new Error(`${name} did not respond within ${startWithinMs / 1000} s.`, { cause: problem });
    await sleep(POLL_MS);
  }
}

/** "exit code 1" or "SIGKILL". */
export function exitReason({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}

/** The exit reason and the end of the log. */
export function describeExit(exit: Exit): string {
  return exitReason(exit) + (exit.logTail ? `; its log ends with:\n${exit.logTail}` : '; its log is empty');
}

function pidFile(name: string, dataDir: string): string {
  return join(dataDir, `${name}.pid`);
}

async function ending(child: ChildProcess, logTail: () => Promise<string>): Promise<Exit> {
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (...how) => resolve(how));
    child.once('error', () => resolve([null, null]));
  });
  return { code, signal, logTail: await logTail() };
}

async function stopChild(
  child: ChildProcess,
  { stopSignal, stopWithinMs }: ServerPlan,
  exited: Promise<Exit>,
): Promise<void> {
  child.kill(stopSignal);
  // A process paused by SIGSTOP handles the signal only once it continues.
  child.kill('SIGCONT');
  const force = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await exited;
  clearTimeout(force);
}

/** Opens the log for appending. A large log is first renamed to `.1`. */
async function openLog(logFile: string) {
  await mkdir(join(logFile, '..'), { recursive: true });
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) await rename(logFile, `${logFile}.1`);
  return open(logFile, 'a', 0o600);
}

/** The end of the log. What is before `start` is from an earlier process. */
async function tailOf(logFile: string, start: number): Promise<string> {
  const log = await open(logFile, 'r');
  try {
    const { size } = await log.stat();
    const from = Math.max(start, size - LOG_TAIL_BYTES);
    const { buffer } = await log.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8').trimEnd();
  } finally {
    await log.close();
  }
}
