import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { services, type ServiceName } from '../../../prisma/migrate.ts';
import { portNeed } from '../../launch/settings.ts';
import { startServer, waitForPredecessor, type Server } from '../../supervise/server.ts';
import { choosePorts } from '../ports.ts';
import { postgresBinaries } from './binaries.ts';
import { ensureCluster, removeRelocatedCluster } from './cluster.ts';
import { asAdmin, databaseUrl, ensureDatabases, passwordsOf, type Passwords } from './databases.ts';
import { postgresUser } from './user.ts';

export interface PostgresOptions {
  dataDir: string;
  port?: number | undefined;
  settings?: Record<string, string> | undefined;
  /** Faster, but a power cut may lose data: for tests. */
  throwAway?: boolean | undefined;
  /** Creates the services' databases and roles. */
  withDatabases?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface PostgresServer extends Server {
  readonly port: number;
  /** The superuser in the database `postgres`. */
  readonly adminUrl: string;
  /** Each service's role in its database. */
  readonly urls: Readonly<Record<ServiceName, string>>;
}

const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 8000;
const THROW_AWAY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
const ALWAYS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  log_min_messages: 'warning',
};

/** Starts Postgres on loopback. A later start on the same folder finds its data and passwords. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dataDir = resolve(options.dataDir);
  const throwAway = options.throwAway ?? false;
  await mkdir(dataDir, { recursive: true });
  await waitForPredecessor('postgres', dataDir);
  const { port } = await choosePorts(join(dataDir, 'ports.json'), { port: portNeed('postgres', options.port) });
  const [user, passwords] = await Promise.all([postgresUser(), passwordsOf(dataDir)]);
  const binaries = await postgresBinaries(user);
  const folder = await ensureCluster({ dataDir, binaries, user, password: passwords.postgres, throwAway });
  const settings = { ...ALWAYS, ...(throwAway ? THROW_AWAY : {}), ...options.settings };
  const adminUrl = databaseUrl({ port, role: 'postgres', password: passwords.postgres, database: 'postgres' });
  const server = await startServer({
    name: 'postgres',
    dataDir,
    file: binaries.postgres,
    args: [
      '-D',
      folder,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    cwd: '/',
    user,
    stopSignal: 'SIGINT',
    stopWithinMs: STOP_WITHIN_MS,
    startWithinMs: START_WITHIN_MS,
    probe: () => asAdmin(adminUrl, (admin) => admin.query('select 1')),
    signal: options.signal,
  });
  if (options.withDatabases) await prepare(server, adminUrl, passwords);
  const stop = async () => {
    await server.stop();
    if (throwAway) await removeRelocatedCluster(dataDir);
  };
  return { ...server, port, adminUrl, urls: urlsOf(port, passwords), stop };
}

async function prepare(server: Server, adminUrl: string, passwords: Passwords): Promise<void> {
  try {
    await ensureDatabases(adminUrl, passwords);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function urlsOf(port: number, passwords: Passwords): Record<ServiceName, string> {
  const entries = services.map((service) => [
    service,
    databaseUrl({ port, role: service, password: passwords[service], database: service }),
  ]);
  return Object.fromEntries(entries) as Record<ServiceName, string>;
}
