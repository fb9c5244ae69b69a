import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { choosePorts, type PortNeed } from '../../../local/servers/ports.ts';
import { keepAlive, type Kept } from '../../../local/supervise/keep-alive.ts';
import { describeExit, startServer, type Server } from '../../../local/supervise/server.ts';
import { roleNames, type RoleName } from '../../../roles/role.ts';

export interface RolesOptions {
  dir: string;
  root: string;
  preloads: readonly string[];
  variables(role: RoleName): Record<string, string>;
  ports: Readonly<Record<RoleName | 'operations', number>>;
  signal: AbortSignal;
  onNote(line: string): void;
  onFailure(reason: Error): void;
}

export interface Roles {
  current(role: RoleName): Server;
  restarts(role: RoleName): number;
  /** Exits and failed starts that the storm did not cause, with the process's last output. */
  readonly unexpectedExits: readonly string[];
  /** Stops a role, runs `act`, and starts the role again, from then on with the additional variables. */
  whileStopped(role: RoleName, act: () => Promise<void>, variables?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 22_000;
const ANSWER_WITHIN_MS = 3_000;
/** Very high: a storm kills roles on purpose. */
const DEATHS_MAX = 1_000;
const WAIT_MAX_MS = 400;
const KILLED = 'SIGKILL';

/**
 * Chooses ports for the roles and for the gateway's operations. They are outside the range of outgoing connections, so
 * no such connection can take a role's port while the role is down.
 */
export function rolePorts(dir: string): Promise<Record<RoleName | 'operations', number>> {
  const needs = [...roleNames, 'operations' as const].map(
    (role) => [role, { owner: role, variable: `${role.toUpperCase()}_PORT` }] as const,
  );
  return choosePorts(join(dir, 'roles.json'), Object.fromEntries(needs) as Record<RoleName | 'operations', PortNeed>);
}

/** Runs each role as a separate process and restarts it at the same address when it dies. */
export async function startRoles({
  dir,
  root,
  preloads,
  variables,
  ports,
  onNote,
  onFailure,
  ...options
}: RolesOptions): Promise<Roles> {
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, options.signal]);
  const kept = {} as Record<RoleName, Kept<Server>>;
  const restarts = new Map<RoleName, number>();
  const extraVariables = new Map<RoleName, Record<string, string>>();
  /** For each stopped role: resolves when it may start again. */
  const stopped = new Map<RoleName, Promise<void>>();
  const latest = new Map<RoleName, Promise<Server>>();
  const stoppedByUs = new Set<Server>();
  const unexpectedExits: string[] = [];

  const start = async (role: RoleName, died?: Server): Promise<Server> => {
    await stopped.get(role);
    if (died) {
      restarts.set(role, (restarts.get(role) ?? 0) + 1);
      const exit = await died.exited;
      if (exit.signal !== KILLED && !stoppedByUs.has(died))
        unexpectedExits.push(`${role} ended: ${describeExit(exit)}`);
    }
    const starting = startProcess(role);
    latest.set(role, starting);
    starting.catch(({ message }: Error) => {
      if (!signal.aborted && !message.includes(KILLED)) unexpectedExits.push(message);
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
      env: { ...variables(role), ...extraVariables.get(role) },
      cwd: root,
      stopSignal: 'SIGTERM',
      stopWithinMs: STOP_WITHIN_MS,
      startWithinMs: START_WITHIN_MS,
      probe: () => isLive(ports[role === 'gateway' ? 'operations' : role]),
      signal,
    });
  };
  const keep = async (role: RoleName) => {
    kept[role] = await keepAlive({
      start: (died) => start(role, died),
      signal,
      onNote,
      onFailure,
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
    // Wait for roles that are still starting, so that none outlives the cleanup.
    closing.abort();
    await Promise.allSettled(keeping);
    await stop();
    throw error;
  }

  return {
    current: (role) => kept[role].current,
    restarts: (role) => restarts.get(role) ?? 0,
    unexpectedExits,
    async whileStopped(role, act, more) {
      for (let before = stopped.get(role); before; before = stopped.get(role)) await before;
      const mayStart = Promise.withResolvers<void>();
      stopped.set(role, mayStart.promise);
      if (more) extraVariables.set(role, more);
      try {
        // The role may still be starting.
        const server = await latest.get(role)?.catch(() => undefined);
        if (server) stoppedByUs.add(server);
        await server?.stop();
        await act();
      } finally {
        stopped.delete(role);
        mayStart.resolve();
      }
    },
    stop,
  };
}

async function isLive(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/health/live`, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`/health/live returned ${response.status}`);
}
