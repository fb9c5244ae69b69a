/** The mail about an order's success is sent before the one about its cancellation, whatever arrives or fails first. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { register } from 'prom-client';
import type { Mailer } from '../../../api/notifications/mailer.ts';
import { eventually } from '../../support/eventually.ts';
import { startSmtp } from '../../support/fakes/smtp-server.ts';
import {
  expireLeases,
  notificationOf,
  pairOf,
  profilesWithAddress,
  startNotifications,
  statusesOf,
  type Notifications,
} from '../../support/kafka/notifications.ts';

const profiles = profilesWithAddress('ada@example.org');

let notifications: Notifications;
let smtp: Awaited<ReturnType<typeof startSmtp>>;
let closeLater: { close(): Promise<unknown> }[];

beforeEach(async () => {
  [notifications, smtp] = await Promise.all([startNotifications(), startSmtp()]);
  closeLater = [];
});
afterEach(async () => {
  for (const each of closeLater.toReversed()) await each.close();
  await smtp.close();
  await notifications.close();
});

const startSender = (rest: Partial<Parameters<Notifications['startSender']>[0]> = {}) => {
  const sender = notifications.startSender({ smtpUrl: smtp.url, profiles, ...rest });
  closeLater.push(sender);
  return sender;
};
const untilStatuses = (orderId: string, expected: Array<readonly [event: string, status: string]>) =>
  eventually(async () => assert.deepEqual(await statusesOf(notifications, orderId), expected));
const idsSent = () => smtp.taken.map(({ messageId }) => messageId.replace(/^<|@.*$/g, ''));
const superseded = async () =>
  Number(/^notification_mails_total\{end="superseded"\} (\d+)$/m.exec(await register.metrics())?.[1] ?? 0);

for (const eventName of ['OrderCreated', 'OrderRejected'] as const) {
  test(`if a 451 delays ${eventName} until the order is cancelled, the buyer reads only the cancellation`, async () => {
    const pairs = Array.from({ length: 8 }, () => pairOf({ eventName }));
    const before = await superseded();
    smtp.setReplies({ MAIL: '451 later' });
    for (const { first } of pairs) await notifications.store.record(first);
    startSender();
    await eventually(async () => assert.ok((await notifications.rows()).every(({ attempts }) => attempts > 0)));
    for (const { cancellation } of pairs) await notifications.store.record(cancellation);
    smtp.setReplies({});
    for (const { orderId } of pairs) {
      await untilStatuses(orderId, [
        [eventName, 'SUPERSEDED'],
        ['OrderCancelled', 'SENT'],
      ]);
    }
    assert.deepEqual(idsSent().sort(), pairs.map(({ cancellation }) => cancellation.id).sort());
    assert.equal(await superseded(), before + 8);
  });
}

test('a cancellation that is recorded first is sent, and the earlier message is superseded when it arrives', async () => {
  const { orderId, first, cancellation } = pairOf();
  await notifications.store.record(cancellation);
  startSender();
  await untilStatuses(orderId, [['OrderCancelled', 'SENT']]);
  assert.equal(await notifications.store.record(first), true);
  const expected = [
    ['OrderCreated', 'SUPERSEDED'],
    ['OrderCancelled', 'SENT'],
  ];
  assert.deepEqual(await statusesOf(notifications, orderId), expected);
  assert.equal(await notifications.store.record(first), false);
  // Once this later mail is sent, the sender would also have sent the superseded one if it were due.
  const other = notificationOf(randomUUID());
  await notifications.store.record(other);
  await eventually(() => assert.deepEqual(idsSent(), [cancellation.id, other.id]));
  assert.deepEqual(await statusesOf(notifications, orderId), expected);
});

test('a cancellation waits while the earlier mail is on its way, and is sent after it', async () => {
  const { orderId, first, cancellation } = pairOf();
  const sent: string[] = [];
  const gate = Promise.withResolvers<void>();
  const mailer: Pick<Mailer, 'send'> = {
    async send({ id }) {
      if (id === first.id) await gate.promise;
      sent.push(id);
      return { kind: 'accepted' };
    },
  };
  await notifications.store.record(first);
  for (let n = 0; n < 2; n++) startSender({ mailer });
  await eventually(async () => assert.equal((await notifications.rows())[0]!.attempts, 1));
  await notifications.store.record(cancellation);
  const other = notificationOf(randomUUID());
  await notifications.store.record(other);
  await eventually(() => assert.deepEqual(sent, [other.id]));
  assert.deepEqual(await notifications.store.claim(10, 1), []);
  gate.resolve();
  await untilStatuses(orderId, [
    ['OrderCreated', 'SENT'],
    ['OrderCancelled', 'SENT'],
  ]);
  assert.deepEqual(sent, [other.id, first.id, cancellation.id]);
});

test('if the mail on its way fails after the cancellation was recorded, it is superseded', async () => {
  const { orderId, first, cancellation } = pairOf();
  smtp.setReplies({ CONTENT: 'silence' });
  await notifications.store.record(first);
  startSender();
  await eventually(() => assert.deepEqual(idsSent(), [first.id]));
  await notifications.store.record(cancellation);
  smtp.setReplies({});
  smtp.hangUp();
  await untilStatuses(orderId, [
    ['OrderCreated', 'SUPERSEDED'],
    ['OrderCancelled', 'SENT'],
  ]);
  assert.deepEqual(idsSent(), [first.id, cancellation.id]);
});

test('if a sender dies with the earlier mail, that mail is superseded when its lease ends', async () => {
  const { orderId, first, cancellation } = pairOf();
  await notifications.store.record(first);
  const [claimed] = await notifications.store.claim(1, 60_000);
  await notifications.store.record(cancellation);
  assert.deepEqual(await notifications.store.claim(10, 60_000), []);
  await expireLeases(notifications);
  // The first claim supersedes the earlier mail, so the next one can claim the cancellation.
  assert.deepEqual(await notifications.store.claim(10, 60_000), []);
  const next = await notifications.store.claim(10, 60_000);
  assert.deepEqual(
    next.map(({ id }) => id),
    [cancellation.id],
  );
  await notifications.store.postpone(claimed!, 0);
  await notifications.store.markUndeliverable(claimed!, 'too late');
  await notifications.store.markSent(first.id);
  assert.deepEqual(await statusesOf(notifications, orderId), [
    ['OrderCreated', 'SUPERSEDED'],
    ['OrderCancelled', 'PENDING'],
  ]);
});

test('a cancellation is sent after the earlier mail was given up', async () => {
  const { orderId, first, cancellation } = pairOf();
  await notifications.store.record(first);
  await notifications.store.markUndeliverable({ id: first.id, attempts: 0 }, 'a test');
  await notifications.store.record(cancellation);
  startSender();
  await untilStatuses(orderId, [
    ['OrderCreated', 'UNDELIVERABLE'],
    ['OrderCancelled', 'SENT'],
  ]);
});

test('a sender that was paused after its claim does not send the mail, because another sender may have', async (t) => {
  const { first } = pairOf();
  await notifications.store.record(first);
  const now = performance.now.bind(performance);
  let pausedMs = 0;
  t.mock.method(performance, 'now', () => now() + pausedMs);
  startSender({
    profiles: {
      async addressOf() {
        if (pausedMs === 0) pausedMs = 15_000;
        return 'ada@example.org';
      },
    },
  });
  await eventually(() => assert.match(notifications.log.join(), /the lease is about to end/));
  assert.deepEqual(idsSent(), []);
  await untilStatuses(first.orderId, [['OrderCreated', 'SENT']]);
  assert.equal((await notifications.rows())[0]!.attempts, 2);
});
