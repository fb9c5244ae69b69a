/**
 * `node --import …/preload.ts take-steps.ts all [<step>…]` takes steps with the real stores on test databases and fakes
 * for everything else, then prints how often each failpoint was passed.
 */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createAnnouncementActivities } from '../../../activities/announce.ts';
import { createChargeActivities } from '../../../activities/charge.ts';
import { createPaymentByCall } from '../../../activities/payment/by-call.ts';
import { ordersInProgress, unfinishedCancellations, unstartedChanges } from '../../../api/auditor/unstarted.ts';
import { createBillingStore } from '../../../api/billing/store.ts';
import { createMailer } from '../../../api/notifications/mailer.ts';
import { createNotificationStore } from '../../../api/notifications/store.ts';
import { createOrderStore } from '../../../api/orders/store.ts';
import { createSaga } from '../../../api/orders/workflow.ts';
import { createUserStore } from '../../../api/users/store.ts';
import { createProfileStarter } from '../../../api/users/workflow.ts';
import type { HttpClient } from '../../../lib/http/client.ts';
import { withDeadLetters } from '../../../lib/kafka/dead-letters.ts';
import { UnprocessableMessage } from '../../../lib/kafka/events.ts';
import { createLog } from '../../../lib/log.ts';
import { eventually } from '../../support/eventually.ts';
import { createProfileWorld } from '../../support/fakes/profile-world.ts';
import { startSmtp } from '../../support/fakes/smtp-server.ts';
import { startBroker } from '../../support/kafka/broker.ts';
import { FROM, notificationOf } from '../../support/kafka/notifications.ts';
import { openWithLongTimeouts } from '../../support/postgres/database.ts';
import { ada } from '../../support/shop/users.ts';
import { env } from '../../support/temporal/server.ts';
import { passes } from './pass.ts';
import { steps } from './steps.ts';

const log = createLog('silent');
const ids = { orderId: randomUUID(), ownerId: randomUUID(), correlationId: 'test' };
const change = { userId: ids.ownerId, version: 1 };
const now = { status: 'IN_PROGRESS', reason: null, firstStatus: null, cancelCause: null } as const;
const placed = { id: ids.orderId, userId: ids.ownerId, price: 5, version: 1, ...now };
const order = { ...placed, createdAt: new Date().toISOString(), correlationId: 'test', traceparent: null };
const request = {
  id: ids.orderId,
  ownerId: ids.ownerId,
  price: 5,
  ifMatch: 0,
  key: randomUUID(),
  fingerprint: 'test',
  correlationId: 'test',
};

const open = (service: string) => openWithLongTimeouts(env(`${service}_DATABASE_URL`));
const databases = {
  orders: open('ORDERS'),
  billing: open('BILLING'),
  users: open('USERS'),
  notifications: open('NOTIFICATIONS'),
};
const orders = createOrderStore(databases.orders);
const money = createBillingStore(databases.billing);
const users = createUserStore(databases.users);
const messages = createNotificationStore(databases.notifications);

const temporal = {
  withDeadline: (_atMs: number, act: () => Promise<unknown>) => act(),
  workflow: {
    start: async () => {},
    executeUpdateWithStart: async () => ({ orderId: ids.orderId, status: 'SUCCESS', reason: null }),
  },
} as never;
const saga = createSaga({
  temporal,
  taskQueue: 'test',
  answerDeadlineMs: 1000,
  orderDeadlineS: 60,
  charge: 'local',
  log,
});
const startProfile = createProfileStarter({ temporal, taskQueue: 'test' });

const publisher = { publish: async () => {}, close: async () => {} };
const reply = {
  status: 200,
  body: { outcome: 'CANCELLED', cause: 'buyer', transactionId: 1, amount: 5 },
  problem: undefined,
  header: () => undefined,
};
const billing = Object.assign(async () => reply, { close: async () => {} }) satisfies HttpClient;
const rows = { find: async () => ({ ...order, status: 'CANCELLED', firstStatus: 'SUCCESS' }) as const };
const charging = createChargeActivities({ payment: createPaymentByCall(billing), orders: rows, orderDeadlineS: 60 });
const announcing = createAnnouncementActivities({ announcement: { announce: async () => {} }, orders: rows });
const profiles = createProfileWorld();
const asActivity = <Input>(act: (input: Input) => Promise<unknown>, input: Input) =>
  new MockActivityEnvironment().run(act, input);

const unprocessable = { topic: 'test', partition: 0, offset: '0', key: null, value: null, headers: {} };
const movement = (kind: 'replenishment' | 'withdrawal') =>
  ({ ownerId: ids.ownerId, scope: 'order', key: randomUUID(), kind, amount: 5 }) as const;

const acts: Record<string, () => Promise<unknown>> = {
  place: () => orders.place(request),
  start: () => saga.awaitOutcome(order),
  charge: () => asActivity(charging.chargeOrder, { ...ids, price: 5 }),
  'billing.withdraw': () => money.withdraw(movement('withdrawal')),
  settle: () => orders.settle(ids.orderId, 'SUCCESS', null),
  announce: () => announcing.announceOrder({ ...ids, status: 'SUCCESS', reason: null }),
  'cancel-request': () => orders.requestCancellation(ids.orderId, 'buyer'),
  'cancel-start': () => saga.cancelAndWait(order, 'buyer'),
  'cancel-charge': () => asActivity(charging.cancelCharge, { ...ids, cause: 'buyer' }),
  'billing.refund': refund,
  'billing.tombstone': () => money.cancel(movement('withdrawal'), 'buyer'),
  'cancel-settle': () => orders.cancel(ids.orderId, 'buyer'),
  'cancel-announce': () => announcing.announceOrder({ ...ids, status: 'CANCELLED', reason: 'buyer' }),
  'billing.replenish': () => money.replenish(movement('replenishment')),
  'profile-row': async () => (await users.create(ids.ownerId, ada), users.update(ids.ownerId, ada)),
  'profile-start': () => startProfile(change),
  'profile-mark': () => users.markStarted(change),
  'profile-open': () => asActivity(profiles.activities.openAccount, { ...change, userId: profiles.userId }),
  'billing.open': () => money.open(randomUUID()),
  'profile-announce': () => asActivity(profiles.activities.announceProfile, { ...change, userId: profiles.userId }),
  record: () => messages.record(notificationOf(ids.ownerId)),
  commit: readOne,
  'mail-claim': async () => (await messages.record(notificationOf(ids.ownerId)), messages.claim(1, 1)),
  'mail-send': sendOne,
  'mail-mark': () => messages.markSent(randomUUID()),
  'dead-letter': () =>
    withDeadLetters({ publisher, log, handle: () => Promise.reject(new UnprocessableMessage('test')) })(unprocessable),
  'audit-order': () => startAll(ordersInProgress({ inProgress: async () => [order] }, saga.start)),
  'audit-cancellation': () =>
    startAll(
      unfinishedCancellations({ cancelling: async () => [order] }, (each) => saga.startCancellation(each, 'buyer')),
    ),
  'audit-profile': () =>
    startAll(unstartedChanges({ unstartedChanges: async () => [change], markStarted: async () => {} }, startProfile)),
};

const wanted = process.argv.slice(3);
for (const name of wanted.length > 0 ? wanted : steps.map((step) => step.name)) await acts[name]!();
process.stdout.write(JSON.stringify(Object.fromEntries(passes)));
await Promise.all([orders.close(), money.close(), users.close(), messages.close()]);
await Promise.all(Object.values(databases).map((database) => database.close()));

async function refund(): Promise<void> {
  const charge = movement('withdrawal');
  await money.replenish(movement('replenishment'));
  await money.withdraw(charge);
  await money.cancel(charge, 'buyer');
}

async function readOne(): Promise<void> {
  const broker = await startBroker();
  await broker.createTopics();
  await broker.publisher.publish(broker.orderEvent('OrderCreated', { orderId: ids.orderId, userId: ids.ownerId }));
  const reading = broker.transport.consume({
    groupId: 'test',
    topics: ['order-service.OrderCreated'],
    handle: async () => {},
  });
  await eventually(() => {
    if (!passes.has('commit:after')) throw new Error('no offset was committed');
  });
  await reading.close();
  await broker.close();
}

async function sendOne(): Promise<void> {
  const server = await startSmtp();
  const mailer = createMailer({ smtpUrl: server.url, from: FROM });
  await mailer.send({ id: randomUUID(), to: 'ada@example.org', subject: 'test', text: 'test' });
  await mailer.close();
  await server.close();
}

async function startAll(rows: AsyncIterable<{ start(): Promise<void> }>): Promise<void> {
  for await (const row of rows) await row.start();
}
