import { keepAlive } from './keep-alive.ts';
import type { Kept } from './keep-alive.ts';
import type { Server } from './server.ts';

/** Servers by name, each started again when it dies. */
export interface KeptServers {
  /** Starts one, and keeps it running from then on. */
  keep<S extends Server>(name: string, start: (died?: S) => Promise<S>): Promise<S>;
  /** The one that runs under this name now. */
  current(name: string): Server | undefined;
  /** Settles with the reason when one cannot be kept running. */
  readonly givenUp: Promise<Error>;
  /** Ends all. The signal must have been aborted before. */
  stop(): Promise<void>;
}

/** None yet. An aborted signal ends all starting and restarting. */
export function createKeptServers({
  signal,
  onNote,
}: {
  signal: AbortSignal;
  onNote(line: string): void;
}): KeptServers {
  const kept = new Map<string, Kept<Server>>();
  const givenUp = Promise.withResolvers<Error>();
  return {
    async keep(name, start) {
      const server = await keepAlive({ start, signal, onNote, onGivenUp: givenUp.resolve });
      kept.set(name, server);
      return server.current;
    },
    current: (name) => kept.get(name)?.current,
    givenUp: givenUp.promise,
    stop: async () => void (await Promise.all([...kept.values()].map((server) => server.stop()))),
  };
}
