import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../setup-error.ts';
import { exitReason, describeExit, type Exit, type Server } from './server.ts';

export interface Kept<S extends Server> {
  readonly current: S;
  /** Call it only after the signal is aborted. */
  stop(): Promise<void>;
}

export interface KeepAliveOptions<S extends Server> {
  /** `died` is the server to replace, so that the new one can reuse its ports; undefined at the first start. */
  start(died?: S): Promise<S>;
  signal: AbortSignal;
  /** Gets one line per death and restart. */
  onNote(line: string): void;
  /** Called when the server has died too often and is not restarted. */
  onFailure(reason: Error): void;
  deathsMax?: number;
  /** Longest pause before a restart. */
  waitMaxMs?: number;
}

const DEATHS_MAX = 5;
const DEATHS_WITHIN_MS = 60_000;
const FIRST_WAIT_MS = 200;
const WAIT_MAX_MS = 5000;

/** Starts a server and restarts it when it dies. A slow or paused server is left alone. */
export async function keepAlive<S extends Server>({
  start,
  signal,
  onNote,
  onFailure,
  deathsMax = DEATHS_MAX,
  waitMaxMs = WAIT_MAX_MS,
}: KeepAliveOptions<S>): Promise<Kept<S>> {
  let current = await start();
  const { name } = current;
  const countDeath = deathCounter(name, deathsMax);

  async function watch(): Promise<void> {
    for (;;) {
      const exit = await current.exited;
      if (signal.aborted) return;
      onNote(`${name} ended (${exitReason(exit)}) and is being restarted.`);
      current = await revive(exit);
      // If the signal was aborted during this start, `stop` did not know the new server, so end it here.
      if (signal.aborted) return current.stop();
      onNote(`${name} is running again.`);
    }
  }

  async function revive(exit: Exit): Promise<S> {
    let reason = describeExit(exit);
    for (;;) {
      const deaths = countDeath(reason);
      await sleep(Math.min(waitMaxMs, FIRST_WAIT_MS * 2 ** (deaths - 1)), undefined, { signal });
      try {
        return await start(current);
      } catch (error) {
        reason = (error as Error).message;
      }
    }
  }

  const watching = watch().catch((error: Error) => {
    if (!signal.aborted) onFailure(error);
  });
  return {
    get current() {
      return current;
    },
    async stop() {
      await current.stop();
      await watching;
    },
  };
}

/** Counts the deaths within a minute; throws if there are too many. */
function deathCounter(name: string, deathsMax: number): (reason: string) => number {
  let deaths: number[] = [];
  return (reason) => {
    const now = Date.now();
    deaths = [...deaths.filter((time) => time > now - DEATHS_WITHIN_MS), now];
    if (deaths.length > deathsMax)
      throw new SetupError(`${name} ended ${deaths.length} times within a minute: ${reason}`);
    return deaths.length;
  };
}
