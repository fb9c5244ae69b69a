import { createTransport } from '../../lib/kafka/transport.ts';
import { createLog } from '../../lib/log.ts';
import { migrate, services } from '../../prisma/migrate.ts';
import { eventDocument } from '../../specs/generated/preferable/channels.ts';
import { brokerCount } from '../servers/kafka/kafka.ts';
import { databaseVariable } from './settings.ts';

/** Applies missing migrations and returns their names, such as `orders/20261122000000_init`. */
export async function applyMigrations(env: Readonly<Record<string, string>>): Promise<string[]> {
  const applied = await Promise.all(
    services.map(async (service) => {
      const names = await migrate({ service, url: env[databaseVariable(service)] ?? '' });
      return names.map((name) => `${service}/${name}`);
    }),
  );
  return applied.flat();
}

/** Creates missing topics, with no more replicas than brokers, and returns their names. */
export async function createMissingTopics(env: Readonly<Record<string, string>>): Promise<string[]> {
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
  const transport = createTransport({
    brokers,
    clientId: 'order-saga-local',
    prefix: env['KAFKA_TOPIC_PREFIX'] ?? '',
    log: createLog('error'),
  });
  try {
    return await transport.createTopics(Object.values(eventDocument.channels), await brokerCount(brokers));
  } finally {
    await transport.close();
  }
}
