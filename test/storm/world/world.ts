import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { roleNames, type RoleName } from '../../../bin/role.ts';
import { createTemporal, type Temporal } from '../../../lib/temporal.ts';
import { removeOutliers } from '../../../local/postgres-cluster.ts';
import { startStack, type Stack } from '../../../local/stack.ts';
import { openDatabases, type Databases } from './databases.ts';
import { openEdges, serverNames, variablesOf, type Edges, type Place, type ServerName } from './edges.ts';
import { rolePorts, startRoles, type Roles } from './roles.ts';

export interface WorldOptions {
  dir: string;
  /** The tree whose program is run: this one, or one that was broken on purpose. */
  root: string;
  signal: AbortSignal;
  onNote(line: string): void;
}

/** The whole installation: each server and each role a process of its own, and between any two that talk a way that can be spoilt. */
export interface World {
  dir: string;
  edges: Edges;
  roles: Roles;
  stack: Stack;
  databases: Databases;
  temporal: Temporal;
  /** Where each role listens, past all that is spoilt. */
  urls: Readonly<Record<RoleName, string>>;
  /** Where a role tells how it is. */
  operationsUrlOf(role: RoleName): string;
  pidOf(place: Place): number;
  failpointsDir: string;
  memoryFileOf(role: RoleName): string;
  /** Settles with the reason when something cannot be kept running. */
  readonly givenUp: Promise<Error>;
  /** Ends all of it, and removes its data. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
/** Limits on what one buyer or one address may do are counted as always, and never met: all buyers have one address here. */
const UNLIMITED = {
  WRITES_BURST: '1000000',
  WRITES_PER_SECOND: '1000000',
  REGISTRATIONS_PER_ADDRESS: '1000000',
  LOGIN_FAILURES_PER_ADDRESS: '1000000',
};
/** Quicker than an installation has it, so that more happens within a storm; and so few orders may wait that it does not last long after it. */
const QUICK = {
  ANSWER_DEADLINE_MS: '3000',
  AUDIT_EVERY_MS: '500',
  AUDIT_COMPARE_EVERY_S: '10',
  AUDIT_PATIENCE_S: '8',
  ORDERS_WAITING_MAX: '120',
};

export async function startWorld({ dir, root, signal, onNote }: WorldOptions): Promise<World> {
  await mkdir(dir, { recursive: true });
  const givenUp = Promise.withResolvers<Error>();
  const stack = await startStack({ dir, env: {}, signal, onNote });
  void stack.givenUp.then(givenUp.resolve);
  const undo: Array<() => Promise<unknown>> = [() => stack.stop()];
  const stop = async () => {
    for (const each of undo.toReversed()) await each();
    await removeOutliers(join(dir, 'postgres'));
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
      ...QUICK,
      ...variablesOf(role, edges, stack.env()),
      PATH: process.env['PATH'] ?? '',
      HOST,
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
      onGivenUp: givenUp.resolve,
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
      pidOf: (place) => (isServer(place) ? stack.servers[place]! : roles.current(place)).pid,
      failpointsDir,
      memoryFileOf,
      givenUp: givenUp.promise,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export const isServer = (place: Place): place is ServerName => (serverNames as readonly string[]).includes(place);

/** With the tree's own migrations: they are part of what may be broken. */
async function prepare(root: string, env: Record<string, string>): Promise<void> {
  const { applyMigrations, createMissingTopics } = (await import(
    join(root, 'local', 'preparation.ts')
  )) as typeof import('../../../local/preparation.ts');
  await Promise.all([applyMigrations(env), createMissingTopics(env)]);
}

function addressesOf(
  { servers: { postgres, kafka, temporal, mail } }: Stack,
  ports: Readonly<Record<RoleName, number>>,
): Record<Place, string> {
  const roles = roleNames.map((role) => [role, `${HOST}:${ports[role]}`]);
  const servers = {
    postgres: new URL(postgres!.adminUrl).host,
    kafka: kafka!.brokers,
    temporal: temporal!.address,
    mail: new URL(mail!.smtpUrl).host,
  };
  return { ...(Object.fromEntries(roles) as Record<RoleName, string>), ...servers };
}

/** The clock and the memory are ours; where a role may be killed is the tree's. */
function preloadsOf(root: string): string[] {
  const failpoints = join(root, 'test', 'storm', 'failpoints', 'preload.ts');
  return [join(import.meta.dirname, 'preload.ts'), ...(existsSync(failpoints) ? [failpoints] : [])];
}
