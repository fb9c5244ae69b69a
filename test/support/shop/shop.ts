import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from '../../../lib/kafka/transport.ts';
import { createLog } from '../../../lib/log.ts';
import { startApp } from '../../../local/launch/app.ts';
import { databaseVariable } from '../../../local/launch/settings.ts';
import { choosePorts } from '../../../local/servers/ports.ts';
import type { Server } from '../../../local/supervise/server.ts';
import { services, type ServiceName } from '../../../prisma/migrate.ts';
import { eventDocument } from '../../../specs/generated/preferable/channels.ts';
import { createDatabase, type TestDatabase } from '../postgres/database.ts';
import { env } from '../temporal/server.ts';

export interface ShopOptions {
  /** These variables override those of the test run. */
  env?: Record<string, string>;
  /** The `host:port` at which the app reaches Postgres. By default it connects directly. */
  postgresAt?: string;
}

export type Shop = Awaited<ReturnType<typeof startShop>>;

/** Starts the whole app with its own databases, topics and task queue. */
export async function startShop({ env: variables = {}, postgresAt }: ShopOptions = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-shop-'));
  const name = `test-${randomBytes(6).toString('hex')}`;
  const ports = await choosePorts(join(dir, 'ports.json'), { gateway: { owner: 'the shop', variable: 'PORT' } });
  const url = `http://127.0.0.1:${ports.gateway}`;
  const databases = await createDatabases();
  await createTopics(`${name}.`);
  const appEnv = {
    ...process.env,
    ...Object.fromEntries(
      services.map((service) => [databaseVariable(service), through(databases[service].url, postgresAt)]),
    ),
    PORT: String(ports.gateway),
    KAFKA_TOPIC_PREFIX: `${name}.`,
    TEMPORAL_TASK_QUEUE: name,
    LOG_LEVEL: 'warn',
    // Other tests may keep the machine busy.
    ANSWER_DEADLINE_MS: '20000',
    ...variables,
  };
  const start = () => startApp({ dir, env: appEnv, url, signal: new AbortController().signal });
  let app: Server = await start();

  return {
    url,
    databases,
    /** The app's environment. */
    env: appEnv as Readonly<Record<string, string | undefined>>,
    log: () => readFile(app.logFile, 'utf8'),
    /** Kills the app with SIGKILL, so it cannot shut down in an orderly way. */
    async kill() {
      process.kill(app.pid, 'SIGKILL');
      await app.exited;
    },
    async restart() {
      app = await start();
    },
    async stop() {
      await app.stop();
      await Promise.all(services.map((service) => databases[service].close()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function createDatabases(): Promise<Record<ServiceName, TestDatabase>> {
  const entries = await Promise.all(services.map(async (service) => [service, await createDatabase(service)] as const));
  return Object.fromEntries(entries) as Record<ServiceName, TestDatabase>;
}

async function createTopics(prefix: string): Promise<void> {
  const transport = createTransport({
    brokers: [env('KAFKA_BROKERS')],
    clientId: 'test',
    prefix,
    log: createLog('silent'),
  });
  await transport.createTopics(Object.values(eventDocument.channels), 1);
  await transport.close();
}

function through(url: string, host: string | undefined): string {
  const changed = new URL(url);
  if (host) changed.host = host;
  return changed.href;
}
