/** The sender handles every reply of a mail server. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startSmtp, type Point, type Reply } from '../../support/fakes/smtp-server.ts';
import {
  profilesWithAddress,
  notificationOf,
  startNotifications,
  type Notifications,
} from '../../support/kafka/notifications.ts';
import { mailsTo } from '../../support/shop/inbox.ts';
import { env } from '../../support/temporal/server.ts';

const ADDRESS = 'ada@example.org';
const personal = /ada@|example\.org/;

let notifications: Notifications;
let closeLater: { close(): Promise<unknown> }[];

beforeEach(async () => {
  closeLater = [];
  notifications = await startNotifications();
});
afterEach(async () => {
  for (const each of closeLater.toReversed()) await each.close();
  await notifications.close();
});

const closing = <T extends { close(): Promise<unknown> }>(each: T): T => {
  closeLater.push(each);
  return each;
};
const startMailServer = async (replies: Partial<Record<Point, Reply>> = {}, port?: number) =>
  closing(await startSmtp(replies, port));
const startSender: Notifications['startSender'] = (options) => closing(notifications.startSender(options));
const theRow = async () => (await notifications.rows())[0]!;
const untilRow = (check: (row: Awaited<ReturnType<typeof theRow>>) => boolean) =>
  eventually(async () => {
    const row = await theRow();
    assert.ok(check(row), JSON.stringify(row));
    return row;
  });

/** True if a mail is pending after at least this many attempts, and its next attempt is due within the backoff. */
const isPostponed =
  (attemptsMin: number) =>
  ({ status, attempts, due_in_ms }: Awaited<ReturnType<typeof theRow>>) =>
    status === 'PENDING' && attempts >= attemptsMin && due_in_ms <= 1_000 * 2 ** (attempts - 1);

test('a mail arrives once, from the shop, about the order, with a Message-ID derived from the event', async () => {
  const address = `${randomUUID()}@example.org`;
  const notification = notificationOf(randomUUID(), { eventName: 'OrderRejected' });
  const sender = startSender({ smtpUrl: env('SMTP_URL'), profiles: profilesWithAddress(address) });
  await notifications.store.record(notification);
  sender.wake();
  const row = await untilRow(({ status }) => status === 'SENT');
  assert.ok(row.sent_at && row.attempts === 1);
  const mails = await eventually(async () => {
    const found = await mailsTo(address);
    assert.equal(found.length, 1);
    return found;
  });
  const { messageId, subject, text, from } = mails[0]!;
  assert.deepEqual(
    [messageId.replace(/[<>]/g, ''), subject, text.trim()],
    [
      `${notification.id}@shop.example`,
      `Your order ${notification.orderId} could not be completed`,
      notification.message,
    ],
  );
  assert.deepEqual(from, [{ address: 'orders@shop.example', name: 'Order Saga' }]);
});

test('a recorded notification is sent at once if the sender is woken, and at its next poll if not', async () => {
  const smtp = await startMailServer();
  const sender = startSender({ smtpUrl: smtp.url, profiles: profilesWithAddress(ADDRESS) });
  const sent = (count: number) => eventually(() => assert.equal(smtp.taken.length, count));
  const waitsMs: number[] = [];
  for (let count = 1; count <= 10; count++) {
    await notifications.store.record(notificationOf(randomUUID()));
    const wokenMs = performance.now();
    sender.wake();
    await sent(count);
    waitsMs.push(performance.now() - wokenMs);
  }
  // Without the wake, a mail waits up to a second for the next poll.
  assert.ok(Math.min(...waitsMs) < 700, `${waitsMs.join()} ms`);
  await notifications.store.record(notificationOf(randomUUID()));
  await sent(11);
});

// These replies are not about the mail itself, so a retry may succeed.
const troubles: ReadonlyArray<readonly [Point, Reply]> = [
  ['GREETING', '421 busy'],
  ['GREETING', '554 not you'],
  ['GREETING', 'drop'],
  ['AUTH', '535 wrong password'],
  ['MAIL', '451 later'],
  ['MAIL', '530 log in first'],
  ['RCPT', '450 mailbox {to} is busy'],
  ['DATA', '451 later'],
  ['DATA', 'drop'],
  ['CONTENT', '452 disk full, {to}'],
];
for (const [point, reply] of troubles) {
  test(`after ${reply.slice(0, 4).trim()} to ${point} the mail is retried later, and no address is logged`, async () => {
    const smtp = await startMailServer({ [point]: reply });
    await notifications.store.record(notificationOf(randomUUID()));
    startSender({ smtpUrl: smtp.url.replace('//', '//user:secret@'), profiles: profilesWithAddress(ADDRESS) });
    const { status } = await untilRow(isPostponed(1));
    assert.equal(status, 'PENDING');
    smtp.setReplies({});
    await untilRow((row) => row.status === 'SENT');
    assert.equal(new Set(smtp.taken.map(({ messageId }) => messageId)).size, 1);
    assert.doesNotMatch(notifications.log.join(), personal);
  });
}

test('a mail whose answer is lost is sent again under the same Message-ID', async () => {
  const smtp = await startMailServer({ CONTENT: 'drop' });
  const notification = notificationOf(randomUUID());
  await notifications.store.record(notification);
  startSender({ smtpUrl: smtp.url, profiles: profilesWithAddress(ADDRESS) });
  await eventually(() => assert.equal(smtp.taken.length, 1));
  smtp.setReplies({});
  await untilRow(({ status }) => status === 'SENT');
  assert.deepEqual(
    smtp.taken.map(({ messageId }) => messageId),
    Array(2).fill(`<${notification.id}@shop.example>`),
  );
});

test('a mail that was accepted but could not be recorded as sent is sent again under the same Message-ID', async () => {
  const smtp = await startMailServer();
  await notifications.store.record(notificationOf(randomUUID()));
  const failing = { ...notifications.store, markSent: () => Promise.reject(new Error('the database is down')) };
  const sender = notifications.startSender({
    smtpUrl: smtp.url,
    profiles: profilesWithAddress(ADDRESS),
    store: failing,
  });
  await eventually(() => assert.equal(smtp.taken.length, 1));
  await sender.close();
  assert.equal((await theRow()).status, 'PENDING');

  // Expires the closed sender's claim on the mail.
  await notifications.database.query('update notifications set next_attempt_at = current_timestamp');
  startSender({ smtpUrl: smtp.url, profiles: profilesWithAddress(ADDRESS) });
  await untilRow(({ status }) => status === 'SENT');
  assert.deepEqual([smtp.taken.length, new Set(smtp.taken.map(({ messageId }) => messageId)).size], [2, 1]);
});

test('mails wait for a mail server that is down', async () => {
  const stopped = await startSmtp();
  await stopped.close();
  await notifications.store.record(notificationOf(randomUUID()));
  startSender({ smtpUrl: stopped.url, profiles: profilesWithAddress(ADDRESS) });
  await untilRow(isPostponed(2));
  await startMailServer({}, stopped.port);
  await untilRow(({ status }) => status === 'SENT');
});

for (const address of [
  'ada',
  '',
  'ada@example.org\r\nBcc: eve@example.org',
  'ada@example.org, eve@example.org',
  'a\u0000@example.org',
]) {
  test(`the invalid address ${JSON.stringify(address)} does not send mail to another address`, async () => {
    const smtp = await startMailServer();
    await notifications.store.record(notificationOf(randomUUID()));
    startSender({ smtpUrl: smtp.url, profiles: profilesWithAddress(address) });
    const { status, reason } = await untilRow((row) => row.status !== 'PENDING');
    assert.doesNotMatch(smtp.taken.map(({ to, content }) => `${to} ${content}`).join(), /^eve@|^Bcc:/im);
    if (smtp.taken.length === 0) assert.equal(status, 'UNDELIVERABLE');
    assert.doesNotMatch(`${reason} ${notifications.log.join()}`, personal);
  });
}
