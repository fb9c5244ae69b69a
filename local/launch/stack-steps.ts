import { join } from 'node:path';
import type { Env } from '../../lib/config.ts';
import { startKafka, type KafkaServer } from '../servers/kafka/kafka.ts';
import { startMail, type MailServer } from '../servers/mail.ts';
import { choosePorts } from '../servers/ports.ts';
import { startPostgres, type PostgresServer } from '../servers/postgres/postgres.ts';
import { registerSearchAttributes, searchAttributeFlags } from '../servers/temporal/search-attributes.ts';
import { startTemporal, type TemporalServer } from '../servers/temporal/temporal.ts';
import type { Server } from '../supervise/server.ts';
import { portNeed, type Settings } from './settings.ts';

/** Steps are independent and run concurrently. */
export interface Step {
  title: string;
  /** May resolve with a note to show. */
  run(onProgress: (text: string) => void): Promise<string | undefined>;
}

interface Ports {
  dir: string;
  env: Env;
  settings: Settings;
  throwAway?: boolean | undefined;
  postgresSettings?: Record<string, string> | undefined;
  signal: AbortSignal;
  keep<S extends Server>(name: string, start: (died?: S) => Promise<S>): Promise<S>;
}

/** Starts each server that the user does not provide. */
export function stackSteps(ports: Ports): Step[] {
  const { needsPostgres, needsKafka, needsTemporal, needsMail } = ports.settings;
  return [
    ...(needsPostgres ? [postgresStep(ports)] : []),
    ...(needsKafka ? [kafkaStep(ports)] : []),
    needsTemporal ? temporalStep(ports) : ownTemporalStep(ports),
    ...(needsMail ? [mailStep(ports)] : []),
  ];
}

function postgresStep({ dir, settings, throwAway, postgresSettings, signal, keep }: Ports): Step {
  const start = (died?: PostgresServer) =>
    startPostgres({
      dataDir: join(dir, 'postgres'),
      port: died?.port ?? settings.ports.postgres,
      throwAway,
      settings: postgresSettings,
      withDatabases: true,
      signal,
    });
  return { title: 'Postgres', run: () => keep('postgres', start).then(() => undefined) };
}

function kafkaStep({ dir, settings, signal, keep }: Ports): Step {
  const run = async (onProgress: (text: string) => void) => {
    const start = (died?: KafkaServer) => {
      const port = died?.port ?? settings.ports.kafka;
      const controllerPort = died?.controllerPort ?? settings.ports.kafkaController;
      return startKafka({ dataDir: join(dir, 'kafka'), port, controllerPort, onProgress, signal });
    };
    await keep('kafka', start);
    return undefined;
  };
  return { title: 'Kafka', run };
}

function temporalStep({ dir, settings, throwAway, signal, keep }: Ports): Step {
  const run = async (onProgress: (text: string) => void) => {
    const codecPort = settings.needsCodec ? await portOfCodec(dir, settings) : undefined;
    const start = (died?: TemporalServer) => {
      const port = died?.port ?? settings.ports.temporal;
      const uiPort = died?.uiPort ?? settings.ports.temporalUi;
      return startTemporal({
        dataDir: join(dir, 'temporal'),
        inMemory: throwAway,
        port,
        uiPort,
        codecPort,
        searchAttributes: searchAttributeFlags,
        onProgress,
        signal,
      });
    };
    const { address, source } = await keep('temporal', start);
    // Temporal adds the attributes in its flags only to a new store, so a store from an earlier version may lack some.
    if (!throwAway) await registerSearchAttributes({ TEMPORAL_ADDRESS: address });
    return source;
  };
  return { title: 'Temporal', run };
}

/**
 * Chosen once, before the worker listens. A restart of Temporal must not choose again, because the worker then occupies
 * the port.
 */
async function portOfCodec(dir: string, settings: Settings): Promise<number> {
  const { codec } = await choosePorts(join(dir, 'temporal', 'codec-port.json'), {
    codec: portNeed('worker', settings.ports.worker),
  });
  return codec;
}

function ownTemporalStep({ env }: Ports): Step {
  const run = async () => {
    const registered = await registerSearchAttributes(env);
    return registered.length > 0 ? `registered ${registered.join(', ')}` : 'all registered';
  };
  return { title: `Search attributes of Temporal at ${env['TEMPORAL_ADDRESS']}`, run };
}

function mailStep({ dir, settings, signal, keep }: Ports): Step {
  const start = (died?: MailServer) => {
    const smtpPort = died?.smtpPort ?? settings.ports.mailSmtp;
    const webPort = died?.webPort ?? settings.ports.mailWeb;
    return startMail({ dataDir: join(dir, 'mail'), smtpPort, webPort, signal });
  };
  return { title: 'Mail inbox', run: () => keep('mail', start).then(() => undefined) };
}
