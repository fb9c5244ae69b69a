import { port, readConfig, type Env } from '../../lib/config.ts';
import { payloadKeys } from '../../lib/temporal/payload-codec.ts';
import { services, type ServiceName } from '../../prisma/migrate.ts';
import type { PortNeed } from '../servers/ports.ts';

/** The variable with the URL of a service's database. */
export function databaseVariable(service: ServiceName): string {
  return `${service.toUpperCase()}_DATABASE_URL`;
}

/** The ports that the user can set. */
const PORTS = {
  postgres: { owner: 'Postgres', variable: 'POSTGRES_PORT' },
  kafka: { owner: 'Kafka', variable: 'KAFKA_PORT' },
  kafkaController: { owner: 'the Kafka controller', variable: 'KAFKA_CONTROLLER_PORT' },
  temporal: { owner: 'Temporal', variable: 'TEMPORAL_PORT' },
  temporalUi: { owner: 'the Temporal Web UI', variable: 'TEMPORAL_UI_PORT' },
  mailSmtp: { owner: 'the mail server', variable: 'MAIL_SMTP_PORT' },
  mailWeb: { owner: 'the mail inbox page', variable: 'MAIL_WEB_PORT' },
  worker: { owner: 'the worker (it decrypts for the Temporal Web UI)', variable: 'WORKER_PORT' },
} as const;
export type PortName = keyof typeof PORTS;

export function portNeed(name: PortName, fixed: number | undefined): PortNeed {
  return { ...PORTS[name], fixed };
}

/** Reads which servers are the user's own and which ports are set. */
export function readSettings(env: Env) {
  const names = Object.keys(PORTS) as PortName[];
  const ports = readConfig(
    env,
    Object.fromEntries(names.map((name) => [name, port(PORTS[name].variable, `port of ${PORTS[name].owner}`)])),
  );
  return {
    needsPostgres: services.some((service) => !env[databaseVariable(service)]),
    needsKafka: !env['KAFKA_BROKERS'],
    needsTemporal: !env['TEMPORAL_ADDRESS'],
    needsMail: !env['SMTP_URL'],
    /** True if payloads are encrypted: the Web UI then needs the worker's codec endpoint. */
    needsCodec: payloadKeys(env) !== undefined,
    // 0 picks a free port.
    ports: Object.fromEntries(names.map((name) => [name, ports[name] || undefined])) as Record<
      PortName,
      number | undefined
    >,
  };
}

export type Settings = ReturnType<typeof readSettings>;

/** The ports of the servers that will be started. `fixed` is undefined if the user has not set the port. */
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
