import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { notificationsApi } from '../../../api/notifications/app.ts';
import { createMailer } from '../../../api/notifications/mailer.ts';
import { messageOf } from '../../../api/notifications/messages.ts';
import type { Profiles } from '../../../api/notifications/profiles.ts';
import { createSender, type SenderPorts } from '../../../api/notifications/sender.ts';
import {
  createNotificationStore,
  type NewNotification,
  type NotificationStore,
} from '../../../api/notifications/store.ts';
import { resolveDocument } from '../../../lib/http/openapi.ts';
import type { OrderEventName } from '../../../specs/generated/order-events.ts';
import bundled from '../../../specs/generated/preferable/openapi.json' with { type: 'json' };
import { orderEventId } from '../../../specs/identity.ts';
import { createDatabase } from '../postgres/database.ts';
import { trustingVerifier } from '../requests/callers.ts';
import { createContractClient } from '../requests/contract-client.ts';
import { serveQuietly } from '../shop/service.ts';

export const FROM = 'Order Saga <orders@shop.example>';

export function notificationOf(
  userId: string,
  { orderId = randomUUID(), eventName = 'OrderCreated' }: { orderId?: string; eventName?: OrderEventName } = {},
): NewNotification {
  const message = messageOf({ name: eventName, orderId, reason: 'insufficient-funds' });
  return { id: orderEventId(orderId, eventName), userId, orderId, eventName, message, correlationId: 'test' };
}

/** The notification of an order's first final status, and the one of its cancellation. */
export function pairOf({
  userId = randomUUID(),
  eventName = 'OrderCreated',
}: { userId?: string; eventName?: 'OrderCreated' | 'OrderRejected' } = {}) {
  const orderId = randomUUID();
  return {
    orderId,
    first: notificationOf(userId, { orderId, eventName }),
    cancellation: notificationOf(userId, { orderId, eventName: 'OrderCancelled' }),
  };
}

export interface Row {
  id: string;
  status: string;
  reason: string | null;
  attempts: number;
  sent_at: Date | null;
  due_in_ms: number;
}

/** Starts the notifications service on its own database. */
export async function startNotifications() {
  const database = await createDatabase('notifications');
  const store = createNotificationStore(database);
  const log: string[] = [];
  const service = await serveQuietly('notifications', [
    notificationsApi({ store, document: await resolveDocument(bundled), verify: trustingVerifier }),
  ]);

  return {
    database,
    store,
    url: service.url,
    ask: createContractClient(service.url),
    /** Log lines of the senders. */
    log,
    startSender({
      smtpUrl,
      profiles,
      ...rest
    }: { smtpUrl: string; profiles: Profiles; store?: NotificationStore } & Partial<SenderPorts>) {
      const mailer = createMailer({ smtpUrl, from: FROM });
      const lines = new Writable({ write: (line, _encoding, done) => (log.push(String(line)), done()) });
      const sender = createSender({ store, profiles, mailer, log: pino({}, lines), profileWaitMs: 3_600_000, ...rest });
      return {
        ...sender,
        async close() {
          await sender.close();
          await mailer.close();
        },
      };
    },
    rows: () =>
      database.query<Row>(
        `select id, status, reason, attempts, sent_at, (extract(epoch from next_attempt_at - current_timestamp) * 1000)::int as due_in_ms from notifications order by seq`,
      ),
    async close() {
      await service.close();
      await store.close();
      await database.close();
    },
  };
}

export type Notifications = Awaited<ReturnType<typeof startNotifications>>;

/** Returns the same address for every user. */
export const profilesWithAddress = (address: string | undefined): Profiles => ({ addressOf: async () => address });

/** Event and mail status of an order's notifications, in the order of the list, oldest first. */
export const statusesOf = async ({ database }: Pick<Notifications, 'database'>, orderId: string) =>
  (
    await database.query<{ event: string; status: string }>(
      'select event_name as event, status from notifications where order_id = $1 order by seq',
      [orderId],
    )
  ).map(({ event, status }) => [event, status]);

/** Makes all mails due, as if their senders had died. */
export const expireLeases = ({ database }: Pick<Notifications, 'database'>) =>
  // A stored timestamp is rounded to milliseconds and may end up in the future, so a mail is made due a second ago.
  database.query(`update notifications set next_attempt_at = current_timestamp - interval '1 second'`);
