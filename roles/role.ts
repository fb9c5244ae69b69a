import {
  converted,
  list,
  optional,
  port,
  readConfig,
  settingsOf,
  text,
  textOr,
  url,
  type Config,
  type Env,
  type Reader,
  type Readers,
  type Setting,
} from '../lib/config.ts';
import { startDatabase } from '../lib/database-start.ts';
import { TIMEOUTS, type Database, type DatabaseOptions } from '../lib/database.ts';
import { listen, type Bounds, type Listener } from '../lib/http/listen.ts';
import { createService, type ServiceOptions } from '../lib/http/service.ts';
import { LOCK_TIMEOUT_MS } from '../lib/lock-waits.ts';
import type { Log } from '../lib/log.ts';

/** In starting order: each role comes after the roles that it calls. */
export const roleNames = [
  'auth',
  'users',
  'billing',
  'orders',
  'notifications',
  'worker',
  'auditor',
  'gateway',
] as const;
export type RoleName = (typeof roleNames)[number];
export type ServiceRole = 'auth' | 'users' | 'billing' | 'orders' | 'notifications';

export interface Running {
  url: string;
  /** Finishes the work in flight first. */
  close(): Promise<void>;
}

/** Closes the listener first, then `parts` in order: pass a part before those it depends on. */
export const runningOf = (listener: Listener, ...parts: ReadonlyArray<{ close(): Promise<void> | void }>): Running => ({
  url: listener.url,
  async close() {
    for (const part of [listener, ...parts]) await part.close();
  },
});

/** Shared by the roles of one process. */
export interface Shared {
  log: Log;
  /** The URLs of the roles started so far. */
  urls: Map<RoleName, string>;
  /** Allows databases that may lose acknowledged data, for tests. */
  allowNonDurable: boolean;
  /** How long listeners keep idle connections. */
  keepAliveMs?: number;
  /** Aborted when the process starts to end. Listeners stay open until `Running.close`. */
  ending?: AbortSignal;
}

export interface Role {
  name: RoleName;
  /** Everything that `configure` reads. */
  settings(): Setting[];
  /** Reads the settings or throws a ConfigFault; connects to nothing. */
  configure(env: Env, sameProcess: ReadonlySet<RoleName>): (shared: Shared) => Promise<Running>;
}

/** Defines a role: `readers` read its settings, and `start` receives what they have read. */
export const defineRole = <R extends Readers>({
  name,
  readers,
  start,
}: {
  name: RoleName;
  readers: (sameProcess: ReadonlySet<RoleName>) => R;
  start: (config: Config<R>, shared: Shared) => Promise<Running>;
}): Role => ({
  name,
  settings: () => settingsOf(readers(new Set(roleNames))),
  configure(env, sameProcess) {
    const config = readConfig(env, readers(sameProcess));
    return (shared) => start(config, shared);
  },
});

/** `<ROLE>_URL`, or by default the role in the same process. */
export function urlOf(role: ServiceRole, sameProcess: ReadonlySet<RoleName>): Reader<(shared: Shared) => string> {
  const elsewhere = url(`${role.toUpperCase()}_URL`, 'address of the role if it runs in another process');
  return converted(
    sameProcess.has(role) ? optional(elsewhere, 'the same process') : elsewhere,
    (value) =>
      ({ urls }) =>
        value ?? urls.get(role)!,
  );
}

/**
 * For all listeners that only other roles and operators use. Only the gateway also has a public listener, on `HOST`.
 */
export const internalHost = textOr(
  'INTERNAL_HOST',
  'address of every listener except the public one. Machines that reach it can use operations that are not public',
  '127.0.0.1',
);

/** Settings of a role's listener within the installation. */
export const address = (
  portName: string,
  meaning = 'port of the role on `INTERNAL_HOST`: its API (if it has one), health and metrics',
) => ({ host: internalHost, port: port(portName, meaning) });

/** Reads `<ROLE>_DATABASE_URL`. */
export const databaseUrl = (role: ServiceRole): Reader<string> =>
  text(`${role.toUpperCase()}_DATABASE_URL`, 'Postgres database of the service');

/** Settings of a role that uses Kafka. */
export const kafkaReaders = {
  brokers: list('KAFKA_BROKERS', 'hosts and ports, separated by commas'),
  prefix: textOr(
    'KAFKA_TOPIC_PREFIX',
    'prefix of every topic and consumer group, so that installations can share a cluster',
    '',
  ),
};

/** Starts an HTTP server of a role and logs its URL. It drains when the process starts to end. */
export async function serve(
  shared: Shared,
  at: { host: string; port: number; bounds?: Partial<Bounds> },
  options: Omit<ServiceOptions, 'log' | 'ending'>,
): Promise<Listener> {
  const { log, ending, keepAliveMs } = shared;
  const bounds = keepAliveMs === undefined ? at.bounds : { ...at.bounds, keepAliveMs };
  const listener = await listen(createService({ ...options, log, ending }), at, bounds);
  whenEnding(ending, listener.drain);
  log.info({ role: options.role, url: listener.url }, 'listening');
  return listener;
}

/** Calls `act` once the process starts to end, or at once if it is already ending. */
export function whenEnding(ending: AbortSignal | undefined, act: () => void): void {
  if (ending?.aborted) act();
  else ending?.addEventListener('abort', act, { once: true });
}

/**
 * Opens a role's database. While it is away, the role starts but is not ready. Statements that wait for a row that a
 * forgotten session has locked use only a few connections.
 */
export const databaseOf = (
  url: string,
  { allowNonDurable, log }: Shared,
  options: Pick<DatabaseOptions, 'repeatAfterLockWait'> = {},
): Promise<Database> =>
  startDatabase(url, { ...options, allowNonDurable, log, timeouts: { ...TIMEOUTS, lockMs: LOCK_TIMEOUT_MS } });
