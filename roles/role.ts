import type { JSONWebKeySet } from 'jose';
import { ConfigFault, list, port, text, textOr, url, type Env, type Reader } from '../lib/config.ts';
import { databaseFault, openDatabase, type Database } from '../lib/database.ts';
import { listen, type Listener } from '../lib/http/listen.ts';
import { createService, type ServiceOptions } from '../lib/http/service.ts';
import { createServiceTokens, createTokenVerifier, keysByRole, type TokenVerifier } from '../lib/http/tokens.ts';
import type { Log } from '../lib/log.ts';

/** In starting order: each after those it calls. */
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
  /** Of the roles started so far. */
  urls: Map<RoleName, string>;
  /** Allows databases that may lose acknowledged data, for tests. */
  allowNonDurable: boolean;
}

export interface Role {
  name: RoleName;
  /** Reads the settings or throws a ConfigFault; connects to nothing. */
  configure(env: Env, sameProcess: ReadonlySet<RoleName>): (shared: Shared) => Promise<Running>;
}

/** `<ROLE>_URL`, or by default the role in the same process. */
export const urlOf =
  (role: ServiceRole, sameProcess: ReadonlySet<RoleName>): Reader<(shared: Shared) => string> =>
  (env) => {
    const name = `${role.toUpperCase()}_URL`;
    if (!env[name] && sameProcess.has(role)) return ({ urls }) => urls.get(role)!;
    const value = url(name)(env);
    return () => value;
  };

/** Settings of every role. */
export const address = (portName: string, defaultPort = 0) => ({
  host: textOr('HOST', '127.0.0.1'),
  port: port(portName, defaultPort),
});

/** Settings of a role that uses Kafka. */
export const kafkaReaders = { brokers: list('KAFKA_BROKERS'), prefix: textOr('KAFKA_TOPIC_PREFIX', '') };

/** Settings of a role that verifies tokens. */
export const verifierReaders = (sameProcess: ReadonlySet<RoleName>) => ({
  authUrl: urlOf('auth', sameProcess),
  serviceKeys,
});

export function verifierOf(
  { authUrl, serviceKeys }: { authUrl: (shared: Shared) => string; serviceKeys: JSONWebKeySet },
  shared: Shared,
): TokenVerifier {
  return createTokenVerifier({ jwksUrl: `${authUrl(shared)}/.well-known/jwks.json`, serviceKeys });
}

/** Reads `<ROLE>_SERVICE_KEY`, which signs the tokens that identify the role. */
export const serviceTokens =
  (role: RoleName): Reader<() => string> =>
  (env) => {
    const name = `${role.toUpperCase()}_SERVICE_KEY`;
    const key = text(name)(env);
    try {
      return createServiceTokens(role, key);
    } catch {
      throw new ConfigFault(`${name} is not a private key in PEM format`);
    }
  };

const serviceKeys: Reader<JSONWebKeySet> = (env) => {
  const value = text('SERVICE_JWKS')(env);
  try {
    const { keys } = JSON.parse(value) as JSONWebKeySet;
    keysByRole({ keys });
    if (keys.every(({ kid }) => kid)) return { keys };
  } catch {
    // Reported below.
  }
  throw new ConfigFault(
    'SERVICE_JWKS must be a JSON Web Key Set of public keys whose "kid" is a role name, optionally with a number (worker-2)',
  );
};

/** Starts a role's HTTP server and logs its URL. */
export async function serve(
  shared: Shared,
  at: { host: string; port: number },
  options: Omit<ServiceOptions, 'log'>,
): Promise<Listener> {
  const listener = await listen(createService({ ...options, log: shared.log }), at);
  shared.log.info({ role: options.role, url: listener.url }, 'listening');
  return listener;
}

/**
 * Opens a role's database. If the server is down, the role starts but is not ready. Throws if the server could lose
 * acknowledged data, unless that is allowed.
 */
export async function databaseOf(url: string, { allowNonDurable }: Shared): Promise<Database> {
  const database = openDatabase(url, { allowNonDurable });
  await database.check().catch((error: unknown) => {
    if (databaseFault(error) === undefined) throw error;
  });
  return database;
}
