/** The dead-letters command on a real broker and databases, for the test file that imports this module. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { consumeOrderEvents } from '../../../api/notifications/consumer.ts';
import { createNotificationStore } from '../../../api/notifications/store.ts';
import { deadLetterTopic } from '../../../lib/kafka/dead-letters.ts';
import type { Message } from '../../../lib/kafka/message.ts';
import { createLog } from '../../../lib/log.ts';
import { deadLettersCommand } from '../../../operator/dead-letters/command.ts';
import { eventually } from '../eventually.ts';
import { createDatabase } from '../postgres/database.ts';
import { env } from '../temporal/server.ts';
import { startBroker } from './broker.ts';

export const TOPIC = 'order-service.OrderCreated';
export const DEAD_LETTERS = deadLetterTopic(TOPIC);
export const id = randomUUID();

export const broker = await startBroker();
const orders = await createDatabase('orders');
export const notifications = await createDatabase('notifications');
await broker.createTopics();
export const installation: Record<string, string> = {
  ORDERS_DATABASE_URL: orders.url,
  KAFKA_BROKERS: env('KAFKA_BROKERS'),
  KAFKA_TOPIC_PREFIX: broker.prefix,
};
const { transport, publisher, codec } = broker;
const store = createNotificationStore(notifications);
const consumption = consumeOrderEvents({
  transport,
  publisher,
  codec,
  store,
  onRecorded() {},
  log: createLog('silent'),
});

after(async () => {
  await consumption.close();
  await broker.close();
  await Promise.all([orders.close(), notifications.close()]);
});

export const run = (...words: string[]) => deadLettersCommand(words, installation);
export const send = (place: string, why = 'the consumer is fixed') =>
  run('send', place, '--reason', why, '--operator', 'ada');
export const acts = () =>
  orders.query<{ act: string; subject: string; outcome: string }>(
    'select act, subject, outcome from operator_acts order by at',
  );

/** Publishes an unprocessable message and waits until it is a dead letter. Returns its place. */
export async function deadLetter(message: Partial<Message>): Promise<string> {
  const before = await broker.size(DEAD_LETTERS);
  await broker.publisher.publish({
    ...broker.orderEvent('OrderCreated', { orderId: id, userId: randomUUID() }),
    ...message,
  });
  await eventually(async () => assert.equal(await broker.size(DEAD_LETTERS), before + 1));
  return `${DEAD_LETTERS}/0/${before}`;
}
