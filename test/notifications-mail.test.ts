/** The sender, over a real mail server and over one that refuses in every way. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { eventually } from './support/eventually.ts';
import { mailsTo } from './support/inbox.ts';
import { addressed, notificationOf, startNotifications, type Notifications } from './support/notifications.ts';
import { startSmtp, type Point, type Reply } from './support/smtp-server.ts';
import { env } from './support/temporal.ts';

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

/** After so many attempts or more it waits for its next one, for as long as is right, and is not one that a sender has taken. */
const isPutOff =
  (attemptsMin: number) =>
  ({ status, attempts, due_in_ms }: Awaited<ReturnType<typeof theRow>>) =>
    status === 'PENDING' && attempts >= attemptsMin && due_in_ms <= 1_000 * 2 ** (attempts - 1);

test('a mail is in the inbox once: from the shop, about the order, under an id made from the event', async () => {
  const address = `${randomUUID()}@example.org`;
  const told = notificationOf(randomUUID(), { eventName: 'OrderRejected' });
  const sender = startSender({ smtpUrl: env('SMTP_URL'), profiles: addressed(address) });
  await notifications.store.record(told);
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
    [`${told.id}@shop.example`, `Your order ${told.orderId} was not paid`, told.message],
  );
  assert.deepEqual(from, [{ address: 'orders@shop.example', name: 'Order Saga' }]);
});

test('what is recorded is sent at once when the sender is woken, and soon when it is not', async () => {
  const smtp = await startMailServer();
  const sender = startSender({ smtpUrl: smtp.url, profiles: addressed(ADDRESS) });
  const sent = (count: number) => eventually(() => assert.equal(smtp.taken.length, count));
  const waitsMs: number[] = [];
  for (let count = 1; count <= 10; count++) {
    await notifications.store.record(notificationOf(randomUUID()));
    const wokenMs = performance.now();
    sender.wake();
    await sent(count);
    waitsMs.push(performance.now() - wokenMs);
  }
  // Each alone would have waited for the next look, a second after the last.
  assert.ok(Math.min(...waitsMs) < 700, `${waitsMs.join()} ms`);
  await notifications.store.record(notificationOf(randomUUID()));
  await sent(11);
});

const refusals: ReadonlyArray<readonly [Point, string]> = [
  ['MAIL', '552 too much mail for {to}'],
  ['RCPT', '550 no mailbox {to} here'],
  ['DATA', '554 not for {to}'],
  ['CONTENT', '554 spam for {to}'],
];
for (const [point, reply] of refusals) {
  test(`a mail server that says ${reply.slice(0, 3)} to ${point} is not asked again, and nobody is named`, async () => {
    const smtp = await startMailServer({ [point]: reply });
    await notifications.store.record(notificationOf(randomUUID()));
    startSender({ smtpUrl: smtp.url, profiles: addressed(ADDRESS) });
    const { reason, attempts } = await untilRow(({ status }) => status === 'UNDELIVERABLE');
    assert.deepEqual([reason, attempts], [`the mail server refused it: ${reply.slice(0, 3)}`, 1]);
    assert.doesNotMatch(notifications.log.join(), personal);
  });
}

// None of these says anything about the mail: what is wrong will be mended.
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
  test(`a mail server that says ${reply.slice(0, 4).trim()} to ${point} is asked again later, and nobody is named`, async () => {
    const smtp = await startMailServer({ [point]: reply });
    await notifications.store.record(notificationOf(randomUUID()));
    startSender({ smtpUrl: smtp.url.replace('//', '//user:secret@'), profiles: addressed(ADDRESS) });
    const { status } = await untilRow(isPutOff(1));
    assert.equal(status, 'PENDING');
    smtp.says({});
    await untilRow((row) => row.status === 'SENT');
    assert.equal(new Set(smtp.taken.map(({ messageId }) => messageId)).size, 1);
    assert.doesNotMatch(notifications.log.join(), personal);
  });
}

test('a mail whose answer is lost is sent again under the same Message-ID', async () => {
  const smtp = await startMailServer({ CONTENT: 'drop' });
  const told = notificationOf(randomUUID());
  await notifications.store.record(told);
  startSender({ smtpUrl: smtp.url, profiles: addressed(ADDRESS) });
  await eventually(() => assert.equal(smtp.taken.length, 1));
  smtp.says({});
  await untilRow(({ status }) => status === 'SENT');
  assert.deepEqual(
    smtp.taken.map(({ messageId }) => messageId),
    Array(2).fill(`<${told.id}@shop.example>`),
  );
});

test('a mail that was taken and could not be noted so is sent again under the same Message-ID', async () => {
  const smtp = await startMailServer();
  await notifications.store.record(notificationOf(randomUUID()));
  const failing = { ...notifications.store, sent: () => Promise.reject(new Error('the database went away')) };
  const sender = notifications.startSender({ smtpUrl: smtp.url, profiles: addressed(ADDRESS), store: failing });
  await eventually(() => assert.equal(smtp.taken.length, 1));
  await sender.close();
  assert.equal((await theRow()).status, 'PENDING');

  // Its time with that sender has passed.
  await notifications.database.query('update notifications set next_attempt_at = current_timestamp');
  startSender({ smtpUrl: smtp.url, profiles: addressed(ADDRESS) });
  await untilRow(({ status }) => status === 'SENT');
  assert.deepEqual([smtp.taken.length, new Set(smtp.taken.map(({ messageId }) => messageId)).size], [2, 1]);
});

test('a mail server that is away is waited for', async () => {
  const gone = await startSmtp();
  await gone.close();
  await notifications.store.record(notificationOf(randomUUID()));
  startSender({ smtpUrl: gone.url, profiles: addressed(ADDRESS) });
  await untilRow(isPutOff(2));
  await startMailServer({}, gone.port);
  await untilRow(({ status }) => status === 'SENT');
});

for (const address of [
  'ada',
  '',
  'ada@example.org\r\nBcc: eve@example.org',
  'ada@example.org, eve@example.org',
  'a\u0000@example.org',
]) {
  test(`an address that is none reaches nobody else: ${JSON.stringify(address)}`, async () => {
    const smtp = await startMailServer();
    await notifications.store.record(notificationOf(randomUUID()));
    startSender({ smtpUrl: smtp.url, profiles: addressed(address) });
    const { status, reason } = await untilRow((row) => row.status !== 'PENDING');
    assert.doesNotMatch(smtp.taken.map(({ to, content }) => `${to} ${content}`).join(), /^eve@|^Bcc:/im);
    if (smtp.taken.length === 0) assert.equal(status, 'UNDELIVERABLE');
    assert.doesNotMatch(`${reason} ${notifications.log.join()}`, personal);
  });
}
