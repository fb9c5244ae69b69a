import type { JSONWebKeySet } from 'jose';
import { ConfigFault, list, port, text, textOr, url, type Env, type Reader } from '../lib/config.ts';
import { databaseFault, openDatabase, type Database } from '../lib/database.ts';
import type { EventDocument } from '../lib/events.ts';
import { listen, type Listener } from '../lib/listen.ts';
import type { Log } from '../lib/log.ts';
import { resolveDocument } from '../lib/openapi.ts';
import { createService, type ServiceOptions } from '../lib/service.ts';
import { createServiceTokens, createTokenVerifier, rolesOf, type TokenVerifier } from '../lib/tokens.ts';
import eventDocumentJson from '../specs/generated/preferable/asyncapi.json' with { type: 'json' };
import restDocumentJson from '../specs/generated/preferable/openapi.json' with { type: 'json' };

/** The contract of the HTTP side. */
export const restDocument = await resolveDocument(restDocumentJson);

/** The contract of the Kafka side. */
export const eventDocument = eventDocumentJson as unknown as EventDocument;

/** In the order in which they start: each after those that it asks. */
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
  /** Where the role listens for the other roles. */
  url: string;
  /** Finishes what is under way, then lets go of everything. */
  close(): Promise<void>;
}

/** A role that listens. It ends one part after the other: first it listens no more, and what others need comes last. */
export const runningOf = (listener: Listener, ...parts: ReadonlyArray<{ close(): Promise<void> | void }>): Running => ({
  url: listener.url,
  async close() {
    for (const part of [listener, ...parts]) await part.close();
  },
});

/** What roles of one process share. */
export interface Shared {
  log: Log;
  /** Where the roles that have started in this process listen. */
  urls: Map<RoleName, string>;
  /** True where data may be lost on purpose: databases that are thrown away after a test. */
  mayForget: boolean;
}

export interface Role {
  name: RoleName;
  /** Reads all that the role needs from the environment, or throws a ConfigFault; connects to nothing. */
  configure(env: Env, together: ReadonlySet<RoleName>): (shared: Shared) => Promise<Running>;
}

/** Where another role is: `<ROLE>_URL`, or, for one in the same process, where it turned out to listen. */
export const urlOf =
  (role: ServiceRole, together: ReadonlySet<RoleName>): Reader<(shared: Shared) => string> =>
  (env) => {
    const name = `${role.toUpperCase()}_URL`;
    if (!env[name] && together.has(role)) return ({ urls }) => urls.get(role)!;
    const value = url(name)(env);
    return () => value;
  };

/** The readers that every role has: where to listen, as `<ROLE>_PORT` on `HOST`. */
export const address = (portName: string, otherwise = 0) => ({
  host: textOr('HOST', '127.0.0.1'),
  port: port(portName, otherwise),
});

/** The readers of a role that talks to Kafka. */
export const kafkaReaders = { brokers: list('KAFKA_BROKERS'), prefix: textOr('KAFKA_TOPIC_PREFIX', '') };

/** The readers of a role that verifies tokens. */
export const verifying = (together: ReadonlySet<RoleName>) => ({ authUrl: urlOf('auth', together), serviceKeys });

export function verifierOf(
  { authUrl, serviceKeys }: { authUrl: (shared: Shared) => string; serviceKeys: JSONWebKeySet },
  shared: Shared,
): TokenVerifier {
  return createTokenVerifier({ jwksUrl: `${authUrl(shared)}/.well-known/jwks.json`, serviceKeys });
}

/** The tokens by which a role tells others who it is, signed with `<ROLE>_SERVICE_KEY`. */
export const serviceTokens =
  (role: RoleName): Reader<() => string> =>
  (env) => {
    const name = `${role.toUpperCase()}_SERVICE_KEY`;
    const key = text(name)(env);
    try {
      return createServiceTokens(role, key);
    } catch {
      throw new ConfigFault(`${name} is not a private key in PEM`);
    }
  };

const serviceKeys: Reader<JSONWebKeySet> = (env) => {
  const value = text('SERVICE_JWKS')(env);
  try {
    const { keys } = JSON.parse(value) as JSONWebKeySet;
    rolesOf({ keys });
    if (keys.every(({ kid }) => kid)) return { keys };
  } catch {
    // Said below, together with a set whose keys have no names.
  }
  throw new ConfigFault(
    'SERVICE_JWKS is not a JSON Web Key Set of public keys that have a "kid": the name of a role, or that and a number (worker-2)',
  );
};

/** Serves a role's app and remembers where. */
export async function serve(
  shared: Shared,
  at: { host: string; port: number },
  options: Omit<ServiceOptions, 'log'>,
): Promise<Listener> {
  const listener = await listen(createService({ ...options, log: shared.log }), at);
  shared.log.info({ role: options.role, url: listener.url }, 'listening');
  return listener;
}

/** A role's database. A server that is away is waited for by the role's readiness; one that could forget what it acknowledged ends the start. */
export async function databaseOf(url: string, { mayForget }: Shared): Promise<Database> {
  const database = openDatabase(url, { mayForget });
  await database.check().catch((error: unknown) => {
    if (databaseFault(error) === undefined) throw error;
  });
  return database;
}
