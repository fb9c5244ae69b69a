import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createLog } from '../../lib/log.ts';
import { notifications } from '../../roles/notifications.ts';
import { eventually } from '../support/eventually.ts';
import { startBroker } from '../support/kafka/broker.ts';
import { createDatabase } from '../support/postgres/database.ts';
import { serviceKeys, workerKey } from '../support/requests/tokens.ts';
import { env } from '../support/temporal/server.ts';

const broker = await startBroker();
const database = await createDatabase('notifications');
await broker.createTopics();
const role = notifications.configure(
  {
    NOTIFICATIONS_DATABASE_URL: database.url,
    NOTIFICATIONS_SERVICE_KEY: workerKey,
    SERVICE_JWKS: JSON.stringify(serviceKeys),
    AUTH_URL: 'http://127.0.0.1:1',
    USERS_URL: 'http://127.0.0.1:1',
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'orders@shop.example',
    KAFKA_BROKERS: env('KAFKA_BROKERS'),
    KAFKA_TOPIC_PREFIX: broker.prefix,
  },
  new Set(['notifications']),
);
const { url, close } = await role({ log: createLog('silent'), urls: new Map(), allowNonDurable: true });
after(async () => {
  await close();
  await broker.close();
  await database.close();
});

const TOPIC = 'order-service.OrderRejected';

/** The readiness of the role, and the states of the broker and the topics. */
async function states() {
  const response = await fetch(`${url}/health/ready`);
  const { status, checks } = (await response.json()) as { status: string; checks: Record<string, string> };
  return { http: response.status, status, ...checks };
}

test('readiness names the topic that is not read, until it is read again', async () => {
  // No mail server runs at the test's address, so the role is degraded even with all topics.
  const expected = { http: 200, status: 'degraded', kafka: 'up', database: 'up', smtp: 'degraded' };
  const topics = {
    'order-service.OrderCreated': 'up',
    [TOPIC]: 'up',
    'order-service.OrderCancelled': 'up',
    'user-service.UserUpdated': 'up',
  };
  await eventually(async () => assert.deepEqual(await states(), { ...expected, ...topics }));
  await broker.deleteTopic(TOPIC);
  await eventually(async () => assert.deepEqual(await states(), { ...expected, ...topics, [TOPIC]: 'degraded' }));
  await broker.createTopics();
  await eventually(async () => assert.deepEqual(await states(), { ...expected, ...topics }));
});
