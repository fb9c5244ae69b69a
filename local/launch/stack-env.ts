import type { Env } from '../../lib/config.ts';
import { services } from '../../prisma/migrate.ts';
import type { KafkaServer } from '../servers/kafka/kafka.ts';
import type { MailServer } from '../servers/mail.ts';
import type { PostgresServer } from '../servers/postgres/postgres.ts';
import type { TemporalServer } from '../servers/temporal/temporal.ts';
import { databaseVariable } from './settings.ts';

/** The servers started here, not the user's own. */
export interface Servers {
  readonly postgres?: PostgresServer;
  readonly kafka?: KafkaServer;
  readonly temporal?: TemporalServer;
  readonly mail?: MailServer;
}

const LOCAL_MAIL_FROM = 'Order Saga <orders@example.com>';
/** Variables about the user's own servers, passed through to the app. */
const PASSED_THROUGH = [
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_TASK_QUEUE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS',
  'TEMPORAL_PAYLOAD_KEYS',
  'TEMPORAL_CODEC_TOKEN',
  'KAFKA_TOPIC_PREFIX',
];

/** The app's variables. */
export function stackEnv({
  servers,
  env,
  keys,
  throwAway,
}: {
  servers: Servers;
  env: Env;
  keys: Record<string, string>;
  throwAway: boolean;
}): Record<string, string> {
  const databases = services.map((service) => [
    databaseVariable(service),
    env[databaseVariable(service)] || servers.postgres?.urls[service],
  ]);
  const variables = {
    ...Object.fromEntries(databases),
    KAFKA_BROKERS: env['KAFKA_BROKERS'] || servers.kafka?.brokers,
    TEMPORAL_ADDRESS: env['TEMPORAL_ADDRESS'] || servers.temporal?.address,
    SMTP_URL: env['SMTP_URL'] || servers.mail?.smtpUrl,
    MAIL_FROM: env['MAIL_FROM'] || LOCAL_MAIL_FROM,
    WORKER_PORT: env['WORKER_PORT'] || servers.temporal?.codecPort?.toString(),
    TEMPORAL_UI_ORIGINS: env['TEMPORAL_UI_ORIGINS'] || uiOrigins(servers.temporal),
    ...Object.fromEntries(PASSED_THROUGH.map((name) => [name, env[name]])),
    // The app refuses a database that may lose acknowledged writes, unless this is set.
    DATABASE_MAY_FORGET: throwAway ? 'true' : env['DATABASE_MAY_FORGET'],
    ...keys,
  };
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** Origins of the Temporal Web UI. */
const uiOrigins = (temporal: TemporalServer | undefined): string | undefined =>
  temporal?.codecPort
    ? ['127.0.0.1', 'localhost'].map((name) => `http://${name}:${temporal.uiPort}`).join(',')
    : undefined;
