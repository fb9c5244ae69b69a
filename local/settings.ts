import { port, readConfig, textOr } from '../lib/config.ts';
import type { Env } from '../lib/config.ts';
import { payloadKeys } from '../lib/payload-codec.ts';
import { services } from '../prisma/migrate.ts';
import type { ServiceName } from '../prisma/migrate.ts';
import type { PortNeed } from './ports.ts';

/** The variable by which a service's database is replaced by one's own. */
export function databaseVariable(service: ServiceName): string {
  return `${service.toUpperCase()}_DATABASE_URL`;
}

/** The ports that can be fixed, and for whom. */
const PORTS = {
  postgres: { who: 'Postgres', variable: 'POSTGRES_PORT' },
  kafka: { who: 'Kafka', variable: 'KAFKA_PORT' },
  kafkaController: { who: 'the Kafka controller', variable: 'KAFKA_CONTROLLER_PORT' },
  temporal: { who: 'Temporal', variable: 'TEMPORAL_PORT' },
  temporalUi: { who: 'the Temporal Web UI', variable: 'TEMPORAL_UI_PORT' },
  mailSmtp: { who: 'the mail server', variable: 'MAIL_SMTP_PORT' },
  mailWeb: { who: 'the mail inbox page', variable: 'MAIL_WEB_PORT' },
  worker: { who: 'the worker, which decrypts for the Temporal Web UI,', variable: 'WORKER_PORT' },
} as const;
export type PortName = keyof typeof PORTS;

/** A need for one of these ports, fixed when `asked` is a port. */
export function portNeed(name: PortName, asked: number | undefined): PortNeed {
  return { ...PORTS[name], asked };
}

/** What the environment says about the servers: which are the user's own, and which ports are fixed. */
export function readSettings(env: Env) {
  const names = Object.keys(PORTS) as PortName[];
  const ports = readConfig(env, Object.fromEntries(names.map((name) => [name, port(PORTS[name].variable)])));
  const own = readConfig(env, {
    temporal: textOr('TEMPORAL_ADDRESS', undefined),
    kafka: textOr('KAFKA_BROKERS', undefined),
    smtp: textOr('SMTP_URL', undefined),
    payloadKeys: payloadKeys('TEMPORAL_PAYLOAD_KEYS'),
  });
  return {
    needsPostgres: services.some((service) => !env[databaseVariable(service)]),
    needsKafka: own.kafka === undefined,
    needsTemporal: own.temporal === undefined,
    needsMail: own.smtp === undefined,
    /** Where Temporal's Web UI can read only by the worker's help. */
    needsCodec: own.payloadKeys !== undefined,
    // 0, as everywhere, lets one be picked.
    ports: Object.fromEntries(names.map((name) => [name, ports[name] || undefined])) as Record<
      PortName,
      number | undefined
    >,
  };
}

export type Settings = ReturnType<typeof readSettings>;

/** The fixed ports of the servers that are to be started. */
export function fixedPorts({
  needsPostgres,
  needsKafka,
  needsTemporal,
  needsMail,
  needsCodec,
  ports,
}: Settings): PortNeed[] {
  const names: PortName[] = [
    ...(needsPostgres ? (['postgres'] as const) : []),
    ...(needsKafka ? (['kafka', 'kafkaController'] as const) : []),
    ...(needsTemporal ? (['temporal', 'temporalUi'] as const) : []),
    ...(needsMail ? (['mailSmtp', 'mailWeb'] as const) : []),
    ...(needsCodec ? (['worker'] as const) : []),
  ];
  return names.map((name) => portNeed(name, ports[name]));
}
