import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporal, type Temporal } from '../../../lib/temporal/client.ts';
import { startStack, type Stack } from '../../../local/launch/stack.ts';
import { removeRelocatedCluster } from '../../../local/servers/postgres/cluster.ts';
import { roleNames, type RoleName } from '../../../roles/role.ts';
import { HOSTILE_SETTINGS } from '../../support/postgres/hostile.ts';
import { openDatabases, type Databases } from './databases.ts';
import { openEdges, serverNames, variablesOf, type Edges, type ProcessName, type ServerName } from './edges.ts';
import { rolePorts, startRoles, type Roles } from './roles.ts';

export interface WorldOptions {
  dir: string;
  /** The source tree: this one or a mutant. */
  root: string;
  signal: AbortSignal;
  onNote(line: string): void;
}

/** The whole installation. Every server and role is a process, and faults can be injected into every connection. */
export interface World {
  dir: string;
  edges: Edges;
  roles: Roles;
  stack: Stack;
  databases: Databases;
  temporal: Temporal;
  /** Requests to these addresses bypass the edges, so no fault of a connection affects them. */
  urls: Readonly<Record<RoleName, string>>;
  operationsUrlOf(role: RoleName): string;
  pidOf(name: ProcessName): number;
  failpointsDir: string;
  memoryFileOf(role: RoleName): string;
  /** Resolves with the reason if a process cannot be kept running. */
  readonly failure: Promise<Error>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
/** All buyers share one address here, so the usual rate limits would stop them. */
const UNLIMITED = {
  WRITES_BURST: '1000000',
  // A login whose response is lost leaves a session that its buyer cannot end.
  SESSIONS_PER_USER: '10000',
  WRITES_PER_SECOND: '1000000',
  REGISTRATIONS_PER_ADDRESS: '1000000',
  LOGINS_PER_ADDRESS: '1000000',
  LOGIN_FAILURES_PER_ADDRESS: '1000000',
  MAILS_PER_ADDRESS_AND_HOUR: '1000000',
};
/** Shorter times than in production, so that more happens. Few orders may be in progress, so that a storm ends soon. */
const SHORTENED = {
  ANSWER_DEADLINE_MS: '3000',
  AUDIT_EVERY_MS: '500',
  AUDIT_COMPARE_EVERY_S: '10',
  AUDIT_PATIENCE_S: '8',
  ORDERS_WAITING_MAX: '120',
  DRAIN_MS: '0',
};

export async function startWorld({ dir, root, signal, onNote }: WorldOptions): Promise<World> {
  await mkdir(dir, { recursive: true });
  const failure = Promise.withResolvers<Error>();
  const stack = await startStack({ dir, env: {}, postgresSettings: HOSTILE_SETTINGS, signal, onNote });
  void stack.failure.then(failure.resolve);
  const undo: Array<() => Promise<unknown>> = [() => stack.stop()];
  const stop = async () => {
    for (const each of undo.toReversed()) await each();
    await removeRelocatedCluster(join(dir, 'postgres'));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await prepare(root, stack.env());
    const ports = await rolePorts(dir);
    const edges = await openEdges(addressesOf(stack, ports));
    undo.push(async () => Object.values(edges).forEach((edge) => edge.close()));
    const { databases, close } = openDatabases(stack.servers.postgres!.adminUrl);
    undo.push(close);
    const temporal = createTemporal({ address: stack.env()['TEMPORAL_ADDRESS']!, namespace: 'default', tls: false });
    undo.push(() => temporal.close());

    const failpointsDir = join(dir, 'failpoints');
    const memoryFileOf = (role: RoleName) => join(dir, role, 'memory');
    await Promise.all(['armed', 'hit'].map((name) => mkdir(join(failpointsDir, name), { recursive: true })));
    const variables = (role: RoleName) => ({
      ...stack.env(),
      ...UNLIMITED,
      ...SHORTENED,
      ...variablesOf(role, edges, stack.env()),
      PATH: process.env['PATH'] ?? '',
      [role === 'gateway' ? 'PORT' : `${role.toUpperCase()}_PORT`]: String(ports[role]),
      GATEWAY_OPS_PORT: String(ports.operations),
      FAILPOINTS_DIR: failpointsDir,
      STORM_MEMORY_FILE: memoryFileOf(role),
    });
    const roles = await startRoles({
      dir,
      root,
      preloads: preloadsOf(root),
      variables,
      ports,
      signal,
      onNote,
      onFailure: failure.resolve,
    });
    undo.push(() => roles.stop());

    return {
      dir,
      edges,
      roles,
      stack,
      databases,
      temporal,
      urls: Object.fromEntries(roleNames.map((role) => [role, `http://${HOST}:${ports[role]}`])) as Record<
        RoleName,
        string
      >,
      operationsUrlOf: (role) => `http://${HOST}:${role === 'gateway' ? ports.operations : ports[role]}`,
      pidOf: (name) => (isServer(name) ? stack.servers[name]! : roles.current(name)).pid,
      failpointsDir,
      memoryFileOf,
      failure: failure.promise,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const isServer = (name: ProcessName): name is ServerName => (serverNames as readonly string[]).includes(name);

/** Uses the code of the tree under test, because a mutant may change the migrations. */
async function prepare(root: string, env: Record<string, string>): Promise<void> {
  const { applyMigrations, createMissingTopics } = (await import(
    join(root, 'local', 'launch', 'preparation.ts')
  )) as typeof import('../../../local/launch/preparation.ts');
  await Promise.all([applyMigrations(env), createMissingTopics(env)]);
}

function addressesOf(
  { servers: { postgres, kafka, temporal, mail } }: Stack,
  ports: Readonly<Record<RoleName, number>>,
): Record<ProcessName, string> {
  const roles = roleNames.map((role) => [role, `${HOST}:${ports[role]}`]);
  const servers = {
    postgres: new URL(postgres!.adminUrl).host,
    kafka: kafka!.brokers,
    temporal: temporal!.address,
    mail: new URL(mail!.smtpUrl).host,
  };
  return { ...(Object.fromEntries(roles) as Record<RoleName, string>), ...servers };
}

/** The preload for clock and memory is from this tree; the one for failpoints is from the tree under test. */
function preloadsOf(root: string): string[] {
  const failpoints = join(root, 'test', 'storm', 'failpoints', 'preload.ts');
  return [join(import.meta.dirname, 'preload.ts'), ...(existsSync(failpoints) ? [failpoints] : [])];
}
