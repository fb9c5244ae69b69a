import type { Env } from '../lib/config.ts';
import { services } from '../prisma/migrate.ts';
import type { KafkaServer } from './kafka.ts';
import type { MailServer } from './mail.ts';
import type { PostgresServer } from './postgres.ts';
import { databaseVariable } from './settings.ts';
import type { TemporalServer } from './temporal.ts';

/** The servers that run here. One that the user has elsewhere is not among them. */
export interface Servers {
  readonly postgres?: PostgresServer;
  readonly kafka?: KafkaServer;
  readonly temporal?: TemporalServer;
  readonly mail?: MailServer;
}

const LOCAL_MAIL_FROM = 'Order Saga <orders@example.com>';
/** Variables that say more about a server of one's own: handed on as they are. */
const HANDED_ON = [
  'TEMPORAL_NAMESPACE',
  'TEMPORAL_TASK_QUEUE',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS',
  'TEMPORAL_PAYLOAD_KEYS',
  'TEMPORAL_CODEC_TOKEN',
  'KAFKA_TOPIC_PREFIX',
];

/** The app's variables: where each server is, be it ours or the user's own. */
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
    ...Object.fromEntries(HANDED_ON.map((name) => [name, env[name]])),
    // The app refuses a database that may lose what it has acknowledged, unless told that this is meant.
    DATABASE_MAY_FORGET: throwAway ? 'true' : env['DATABASE_MAY_FORGET'],
    ...keys,
  };
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** The pages of the Web UI, by either name of this machine. */
const uiOrigins = (temporal: TemporalServer | undefined): string | undefined =>
  temporal?.codecPort
    ? ['127.0.0.1', 'localhost'].map((name) => `http://${name}:${temporal.uiPort}`).join(',')
    : undefined;
