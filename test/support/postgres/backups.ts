/** Copies the databases of a shop, starts a shop on such copies, and runs operator commands on it. */
import assert from 'node:assert/strict';
import { Kafka, logLevel } from 'kafkajs';
import { orderTopics } from '../../../api/notifications/consumer.ts';
import { groupOfTopic } from '../../../lib/kafka/topic-groups.ts';
import { databaseVariable } from '../../../local/launch/settings.ts';
import { orderCommand } from '../../../operator/order/command.ts';
import { services, type ServiceName } from '../../../prisma/migrate.ts';
import { eventually } from '../eventually.ts';
import { startShop, type Shop } from '../shop/shop.ts';
import { env } from '../temporal/server.ts';
import { copyDatabase } from './copies.ts';

export type Backups = Record<ServiceName, string>;

/** Copies these databases of a shop. Returns the URLs of the copies. */
export const copiesOf = async (of: Shop, names: readonly ServiceName[]): Promise<Partial<Backups>> =>
  Object.fromEntries(await Promise.all(names.map(async (name) => [name, await copyDatabase(of.databases[name].url)])));

/** Starts a shop on these backups, with the current state of Temporal and Kafka. */
export async function restored(of: Shop, from: Backups): Promise<Shop> {
  const copies = await Promise.all(
    services.map(async (name) => [databaseVariable(name), await copyDatabase(from[name])] as const),
  );
  const { KAFKA_TOPIC_PREFIX, TEMPORAL_TASK_QUEUE } = of.env as Record<string, string>;
  return startShop({
    env: {
      ...Object.fromEntries(copies),
      KAFKA_TOPIC_PREFIX: KAFKA_TOPIC_PREFIX!,
      TEMPORAL_TASK_QUEUE: TEMPORAL_TASK_QUEUE!,
    },
  });
}

/** Temporal offers a task to the worker that had the workflow before, for up to ten seconds, so wait for the new one. */
export async function act(of: Shop, verb: string, id: string, ...more: string[]): Promise<string> {
  const once = () => orderCommand([verb, id, '--reason', 'restored from backups', ...more], of.env);
  const { text, exitCode } = await eventually(async () => {
    const done = await once();
    assert.doesNotMatch(done.text, /waits for a worker/);
    return done;
  });
  assert.equal(exitCode, 0, text);
  return text;
}

/** Resets the offsets of the notifications consumers, so that they read every event again. */
export async function rewind(of: Shop): Promise<void> {
  const admin = new Kafka({ brokers: [env('KAFKA_BROKERS')], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const prefix = of.env['KAFKA_TOPIC_PREFIX']!;
  // The offsets of a group cannot be reset before the sessions of its killed members expire.
  for (const topic of orderTopics)
    await eventually(() =>
      admin.resetOffsets({
        groupId: prefix + groupOfTopic('notifications', topic),
        topic: prefix + topic,
        earliest: true,
      }),
    );
  await admin.disconnect();
}
