/** Mails that the mail server keeps refusing do not delay the mails of other buyers. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import type { Mailer } from '../../../api/notifications/mailer.ts';
import { eventually } from '../../support/eventually.ts';
import {
  notificationOf,
  profilesWithAddress,
  startNotifications,
  type Notifications,
} from '../../support/kafka/notifications.ts';

const REFUSED = 20;

let notifications: Notifications;
beforeEach(async () => {
  notifications = await startNotifications();
  const { store, database } = notifications;
  for (let n = 0; n < REFUSED; n++) await store.record(notificationOf(randomUUID()));
  await database.query(
    `update notifications set refused_age_ms = 0, next_attempt_at = current_timestamp - interval '1 hour'`,
  );
});
afterEach(() => notifications.close());

/** Records a mail that is due after all refused ones. */
const recordFresh = async () => {
  const fresh = notificationOf(randomUUID());
  await notifications.store.record(fresh);
  await notifications.database.query(
    `update notifications set next_attempt_at = current_timestamp - interval '1 second' where id = $1`,
    [fresh.id],
  );
  return fresh;
};

test('of many due mails, those that were never refused are claimed first', async () => {
  const { store } = notifications;
  const fresh = [await recordFresh(), await recordFresh()];
  const first = await store.claim(2, 60_000);
  assert.deepEqual(first.map(({ id }) => id).sort(), fresh.map(({ id }) => id).sort());
  assert.equal((await store.claim(100, 60_000)).length, REFUSED);
});

test('a fresh mail is sent before a backlog of refused mails is attempted again', async () => {
  const fresh = await recordFresh();
  const attempted: string[] = [];
  const mailer: Pick<Mailer, 'send'> = {
    async send({ id }) {
      attempted.push(id);
      if (id === fresh.id) return { kind: 'accepted' };
      return { kind: 'blocked', isSession: false, isOurs: true, command: 'DATA', reply: '554 5.7.1' };
    },
  };
  const sender = notifications.startSender({
    smtpUrl: 'smtp://127.0.0.1:1',
    profiles: profilesWithAddress('ada@example.org'),
    mailer,
  });
  await eventually(() => assert.ok(attempted.length > REFUSED));
  await sender.close();
  assert.ok(attempted.indexOf(fresh.id) < 4, `attempt ${attempted.indexOf(fresh.id)}`);
});
