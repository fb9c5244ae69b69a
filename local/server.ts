import type { ChildProcess } from 'node:child_process';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leash } from './leash.ts';
import type { Command } from './leash.ts';
import { readLiving, writeIdentity } from './process-identity.ts';
import { SetupError } from './setup-error.ts';

/** How a process ended, and the last it said. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  logTail: string;
}

/** A running process that answers. */
export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when it has ended, for whatever reason; never rejects. */
  readonly exited: Promise<Exit>;
  /** Ends it in good order, by force when that takes too long. Holds when it is gone. */
  stop(): Promise<void>;
}

/** What it takes to run one. */
export interface ServerPlan extends Omit<Command, 'log' | 'cwd'> {
  name: string;
  /** Its own folder: log, data, and a note of who runs on it. */
  dataDir: string;
  cwd?: string;
  startWithinMs: number;
  /** Asks it something real; throws until it answers. */
  answers(): Promise<unknown>;
  signal?: AbortSignal | undefined;
}

const POLL_MS = 50;
const LOG_TAIL_BYTES = 3000;
const LOG_BYTES_MAX = 20_000_000;
/** Longer than a leash takes to end what a killed launcher has left. */
const PREDECESSOR_MS = 20_000;

/** Starts a server and waits until it answers. On failure the error carries the end of its log. */
export async function startServer(plan: ServerPlan): Promise<Server> {
  const { name, dataDir } = plan;
  const logFile = join(dataDir, `${name}.log`);
  const log = await openLog(logFile);
  const { size: logBegin } = await log.stat();
  const child = leash({ ...plan, cwd: plan.cwd ?? dataDir, log: log.fd });
  const exited = ending(child, () => tailOf(logFile, logBegin));
  await log.close();
  const server: Server = { name, pid: child.pid ?? -1, logFile, exited, stop: () => stopChild(child, plan, exited) };
  try {
    if (child.pid) await writeIdentity(pidFile(name, dataDir), child.pid);
    await untilItAnswers(plan, exited);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Waits until nobody runs on this data any more. A killed launcher leaves its servers a few seconds to end; two servers
 * on one folder would spoil it.
 */
export async function untilVacant(name: string, dataDir: string): Promise<void> {
  const deadline = Date.now() + PREDECESSOR_MS;
  for (;;) {
    const predecessor = await readLiving(pidFile(name, dataDir));
    if (!predecessor) return;
    if (Date.now() > deadline)
      throw new SetupError(`A ${name} server (process ${predecessor.pid}) already runs on ${dataDir}.`);
    await sleep(POLL_MS);
  }
}

async function untilItAnswers(
  { name, answers, startWithinMs, signal }: ServerPlan,
  exited: Promise<Exit>,
): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  let ended: Exit | undefined;
  void exited.then((exit) => (ended = exit));
  for (;;) {
    signal?.throwIfAborted();
    const problem = await answers().then(
      () => undefined,
      (error: unknown) => error ?? new Error('no answer'),
    );
    if (ended) throw new Error(`${name} ended while starting: ${lastWords(ended)}`, { cause: problem });
    if (problem === undefined) return;
    if (Date.now() > deadline)
      throw new Error(`${name} did not answer within ${startWithinMs / 1000} s.`, { cause: problem });
    await sleep(POLL_MS);
  }
}

/** "exit code 1" or "SIGKILL". */
export function howItEnded({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}

/** The same, and the last it said. */
export function lastWords(exit: Exit): string {
  return howItEnded(exit) + (exit.logTail ? `; its log ends with:\n${exit.logTail}` : ', without a word in its log');
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
  // A paused one would never hear the signal.
  child.kill('SIGCONT');
  const force = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await exited;
  clearTimeout(force);
}

/** Logs are kept across starts, and one old one besides. */
async function openLog(logFile: string) {
  await mkdir(join(logFile, '..'), { recursive: true });
  const size = await stat(logFile).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) await rename(logFile, `${logFile}.1`);
  return open(logFile, 'a', 0o600);
}

/** The last lines of a log, of those after `begin`: earlier ones are of another process. */
async function tailOf(logFile: string, begin: number): Promise<string> {
  const log = await open(logFile, 'r');
  try {
    const { size } = await log.stat();
    const from = Math.max(begin, size - LOG_TAIL_BYTES);
    const { buffer } = await log.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8').trimEnd();
  } finally {
    await log.close();
  }
}
