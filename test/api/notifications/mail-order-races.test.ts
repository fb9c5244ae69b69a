/** The mails about one order stay in sequence while several replicas record and send at once. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Client } from 'pg';
import type { Mailer } from '../../../api/notifications/mailer.ts';
import { createNotificationStore } from '../../../api/notifications/store.ts';
import { eventually } from '../../support/eventually.ts';
import {
  pairOf,
  profilesWithAddress,
  startNotifications,
  statusesOf,
  type Notifications,
} from '../../support/kafka/notifications.ts';
import { openWithLongTimeouts } from '../../support/postgres/database.ts';
import { blocked } from '../../support/postgres/sessions.ts';

const profiles = profilesWithAddress('ada@example.org');
/** The senders' own mailer is replaced, so this address is never used. */
const NO_SERVER = 'smtp://127.0.0.1:1';

let notifications: Notifications;
beforeEach(async () => {
  notifications = await startNotifications();
});
afterEach(() => notifications.close());

test('a claim that is not committed yet counts as a mail on its way', async () => {
  const { orderId, first, cancellation } = pairOf();
  await notifications.store.record(first);
  const [session, watcher] = [new Client(notifications.database.url), new Client(notifications.database.url)];
  for (const each of [session, watcher]) await each.connect();
  await session.query('begin');
  await session.query(
    `update notifications set attempts = attempts + 1, next_attempt_at = current_timestamp + interval '1 minute'`,
  );
  const recording = notifications.store.record(cancellation);
  await blocked(watcher);
  await session.query('commit');
  assert.equal(await recording, true);
  for (const each of [session, watcher]) await each.end();
  assert.deepEqual(await statusesOf(notifications, orderId), [
    ['OrderCreated', 'PENDING'],
    ['OrderCancelled', 'PENDING'],
  ]);
  assert.deepEqual(await notifications.store.claim(10, 1), []);
});

test('in 80 races of two recorders and two senders no buyer reads of a cancellation before the earlier message', async () => {
  const other = openWithLongTimeouts(notifications.database.url);
  const otherStore = createNotificationStore(other);
  const sent = new Map<string, string[]>();
  const failures = new Map<string, number>();
  const mailer: Pick<Mailer, 'send'> = {
    async send({ id, subject }) {
      const failed = failures.get(id) ?? 0;
      if (failed < 2 && Math.random() < 0.5) {
        failures.set(id, failed + 1);
        throw new Error('later');
      }
      const orderId = /order (\S+)/.exec(subject)![1]!;
      sent.set(orderId, [...(sent.get(orderId) ?? []), id]);
      return { kind: 'accepted' };
    },
  };
  const senders = [notifications.store, otherStore].map((store) =>
    notifications.startSender({ smtpUrl: NO_SERVER, profiles, mailer, store }),
  );
  const pairs = Array.from({ length: 80 }, () => pairOf());
  for (const [n, { first, cancellation }] of pairs.entries()) {
    const [early, late] = n % 2 === 0 ? [first, cancellation] : [cancellation, first];
    await Promise.all([notifications.store.record(early), otherStore.record(late)]);
  }
  await eventually(async () => assert.ok((await notifications.rows()).every(({ status }) => status !== 'PENDING')));
  for (const { orderId, first, cancellation } of pairs) {
    const wasSent = sent.get(orderId)!.length === 2;
    assert.deepEqual(await statusesOf(notifications, orderId), [
      ['OrderCreated', wasSent ? 'SENT' : 'SUPERSEDED'],
      ['OrderCancelled', 'SENT'],
    ]);
    assert.deepEqual(sent.get(orderId), wasSent ? [first.id, cancellation.id] : [cancellation.id]);
  }
  for (const sender of senders) await sender.close();
  await otherStore.close();
  await other.close();
});
