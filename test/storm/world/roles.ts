import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { roleNames, type RoleName } from '../../../bin/role.ts';
import { keepAlive, type Kept } from '../../../local/keep-alive.ts';
import { choosePorts, type PortNeed } from '../../../local/ports.ts';
import { lastWords, startServer, type Server } from '../../../local/server.ts';

export interface RolesOptions {
  dir: string;
  /** The tree whose program is run. */
  root: string;
  /** Modules that are loaded before the program. */
  preloads: readonly string[];
  variables(role: RoleName): Record<string, string>;
  ports: Readonly<Record<RoleName | 'operations', number>>;
  signal: AbortSignal;
  onNote(line: string): void;
  onGivenUp(reason: Error): void;
}

export interface Roles {
  /** The process that runs a role now. */
  current(role: RoleName): Server;
  /** How often a role's process was started again. */
  restarts(role: RoleName): number;
  /** Which processes have ended, or could not start, though nobody had killed them or told them to end, and what they said last. */
  readonly endedByThemselves: readonly string[];
  /** Ends a role in order, does something while it is away, and has it started again, from then on with these variables besides. */
  without(role: RoleName, act: () => Promise<void>, variables?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 22_000;
const ANSWER_WITHIN_MS = 3_000;
/** Dying is what they are here for. */
const DEATHS_MAX = 1_000;
const WAIT_MAX_MS = 400;
const KILLED = 'SIGKILL';

/** A port for each role, and one for the gateway's operations, that no outgoing connection takes while the role is away. */
export function rolePorts(dir: string): Promise<Record<RoleName | 'operations', number>> {
  const needs = [...roleNames, 'operations' as const].map(
    (who) => [who, { who, variable: `${who.toUpperCase()}_PORT` }] as const,
  );
  return choosePorts(join(dir, 'roles.json'), Object.fromEntries(needs) as Record<RoleName | 'operations', PortNeed>);
}

/** Runs each role as a process of its own, and starts it again at the same address whenever it dies. */
export async function startRoles({
  dir,
  root,
  preloads,
  variables,
  ports,
  onNote,
  onGivenUp,
  ...options
}: RolesOptions): Promise<Roles> {
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, options.signal]);
  const kept = {} as Record<RoleName, Kept<Server>>;
  const restarts = new Map<RoleName, number>();
  const own = new Map<RoleName, Record<string, string>>();
  /** Ends when the role may be started, and when what was done while it was away is over. */
  const away = new Map<RoleName, Promise<void>>();
  const latest = new Map<RoleName, Promise<Server>>();
  const told = new Set<Server>();
  const endedByThemselves: string[] = [];

  const start = async (role: RoleName, died?: Server): Promise<Server> => {
    await away.get(role);
    if (died) {
      restarts.set(role, (restarts.get(role) ?? 0) + 1);
      const exit = await died.exited;
      if (exit.signal !== KILLED && !told.has(died)) endedByThemselves.push(`${role} ended: ${lastWords(exit)}`);
    }
    const starting = startProcess(role);
    latest.set(role, starting);
    starting.catch(({ message }: Error) => {
      if (!signal.aborted && !message.includes(KILLED)) endedByThemselves.push(message);
    });
    return starting;
  };
  const startProcess = async (role: RoleName): Promise<Server> => {
    const dataDir = join(dir, role);
    await mkdir(dataDir, { recursive: true });
    return startServer({
      name: role,
      dataDir,
      file: process.execPath,
      args: ['--expose-gc', ...preloads.flatMap((file) => ['--import', file]), join('bin', 'order-saga.ts'), role],
      env: { ...variables(role), ...own.get(role) },
      cwd: root,
      stopSignal: 'SIGTERM',
      stopWithinMs: STOP_WITHIN_MS,
      startWithinMs: START_WITHIN_MS,
      answers: () => isLive(ports[role === 'gateway' ? 'operations' : role]),
      signal,
    });
  };
  const keep = async (role: RoleName) => {
    kept[role] = await keepAlive({
      start: (died) => start(role, died),
      signal,
      onNote,
      onGivenUp,
      deathsMax: DEATHS_MAX,
      waitMaxMs: WAIT_MAX_MS,
    });
  };
  const stop = async () => {
    closing.abort();
    await Promise.all(Object.values(kept).map((each) => each.stop()));
  };
  const keeping = roleNames.map(keep);
  try {
    await Promise.all(keeping);
  } catch (error) {
    // Those that are still starting end as well, before anybody clears up behind them.
    closing.abort();
    await Promise.allSettled(keeping);
    await stop();
    throw error;
  }

  return {
    current: (role) => kept[role].current,
    restarts: (role) => restarts.get(role) ?? 0,
    endedByThemselves,
    async without(role, act, more) {
      for (let before = away.get(role); before; before = away.get(role)) await before;
      const back = Promise.withResolvers<void>();
      away.set(role, back.promise);
      if (more) own.set(role, more);
      try {
        // It may be about to start.
        const server = await latest.get(role)?.catch(() => undefined);
        if (server) told.add(server);
        await server?.stop();
        await act();
      } finally {
        away.delete(role);
        back.resolve();
      }
    },
    stop,
  };
}

async function isLive(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`/health/live answers ${answer.status}`);
}
