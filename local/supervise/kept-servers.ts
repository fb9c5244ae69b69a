import { keepAlive, type Kept } from './keep-alive.ts';
import type { Server } from './server.ts';

/** Servers by name, each restarted when it dies. */
export interface KeptServers {
  keep<S extends Server>(name: string, start: (died?: S) => Promise<S>): Promise<S>;
  current(name: string): Server | undefined;
  /** Resolves with the reason when a server cannot be kept running. */
  readonly failure: Promise<Error>;
  /** Stops all. Call it only after the signal is aborted. */
  stop(): Promise<void>;
}

/**
 * Keeps servers running without Docker Compose or testcontainers, because a laptop may have no Docker. Aborting the
 * signal ends all starts and restarts.
 */
export function createKeptServers({
  signal,
  onNote,
}: {
  signal: AbortSignal;
  onNote(line: string): void;
}): KeptServers {
  const kept = new Map<string, Kept<Server>>();
  const failure = Promise.withResolvers<Error>();
  return {
    async keep(name, start) {
      const server = await keepAlive({ start, signal, onNote, onFailure: failure.resolve });
      kept.set(name, server);
      return server.current;
    },
    current: (name) => kept.get(name)?.current,
    failure: failure.promise,
    stop: async () => void (await Promise.all([...kept.values()].map((server) => server.stop()))),
  };
}
