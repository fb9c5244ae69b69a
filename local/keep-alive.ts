import { setTimeout as sleep } from 'node:timers/promises';
import { howItEnded, lastWords } from './server.ts';
import type { Exit, Server } from './server.ts';
import { SetupError } from './setup-error.ts';

/** A server that is started again when it dies. */
export interface Kept<S extends Server> {
  /** The one that runs now. */
  readonly current: S;
  /** To be called once the signal is aborted. */
  stop(): Promise<void>;
}

export interface KeepAliveOptions<S extends Server> {
  /** Starts it; given the one that died, on the same ports and data. */
  start(died?: S): Promise<S>;
  /** Aborted when it is no longer wanted. */
  signal: AbortSignal;
  /** Told in one line what happened. */
  onNote(line: string): void;
  /** Told the reason when it dies too often to go on. */
  onGivenUp(reason: Error): void;
  /** How often within a minute is not too often. */
  deathsMax?: number;
  /** How long one that died again and again stays away at most. */
  waitMaxMs?: number;
}

const DEATHS_MAX = 5;
const DEATHS_WITHIN_MS = 60_000;
const FIRST_WAIT_MS = 200;
const WAIT_MAX_MS = 5000;

/** Starts a server and keeps one running. Only a death counts: one that is slow, or paused, is left alone. */
export async function keepAlive<S extends Server>({
  start,
  signal,
  onNote,
  onGivenUp,
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
      onNote(`${name} ended (${howItEnded(exit)}) and is started again.`);
      current = await revive(exit);
      onNote(`${name} is back.`);
    }
  }

  async function revive(exit: Exit): Promise<S> {
    let reason = lastWords(exit);
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
    if (!signal.aborted) onGivenUp(error);
  });
  return {
    get current() {
      return current;
    },
    async stop() {
      await current.stop();
      await watching;
      // The watch may have been in the middle of starting another.
      await current.stop();
    },
  };
}

/** Answers how many deaths lie within the last minute, or throws when that is too many. */
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
