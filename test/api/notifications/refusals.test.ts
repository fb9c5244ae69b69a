/** Which refusals of the mail server are final, and which are retried for a day or for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mailer } from '../../../api/notifications/mailer.ts';
import type { Point, Reply } from '../../support/fakes/smtp-server.ts';
import { expireLeases } from '../../support/kafka/notifications.ts';
import { personal, notifications, smtp, startSender, recordMails, untilRows } from '../../support/kafka/mailing.ts';

const aboutTheRecipient: readonly Reply[] = [
  '550 no mailbox {to} here',
  '551 {to} is elsewhere',
  '553 {to} is misspelt',
  '550 5.1.1 no mailbox {to} here',
  '550-5.1.1 no mailbox {to}\r\n550 5.1.1 at all',
  '550 5.1.2 no such host',
  '501 5.1.3 bad syntax',
  '553 5.1.4 ambiguous',
  '551 5.1.6 moved',
  '556 5.1.10 null MX',
  '554 5.2.1 mailbox disabled',
  '550 #5.1.1 no mailbox',
  '550 <{to}>: Recipient address rejected: User unknown',
];
for (const reply of aboutTheRecipient) {
  test(`"${reply.split('\r')[0]}" to RCPT is about the recipient, so the mail is not sent again, and no address is stored or logged`, async () => {
    smtp.setReplies({ RCPT: reply });
    await recordMails(1);
    startSender();
    const [row] = await untilRows(({ status }) => status === 'UNDELIVERABLE');
    const [code] = /^5\d\d([ -]#?5\.\d+\.\d+)?/.exec(reply)!;
    assert.deepEqual(
      [row!.reason, row!.attempts],
      [`the mail server refused the mail: ${code.replace(/[-#]/, ' ').replace('  ', ' ')}`, 1],
    );
    assert.doesNotMatch(`${row!.reason} ${notifications.log.join()}`, personal);
  });
}

const notFinal: ReadonlyArray<readonly [Point, Reply]> = [
  ['MAIL', '550 5.4.5 daily sending limit exceeded'],
  ['MAIL', '553 sender {to} rejected'],
  ['MAIL', '553 5.1.8 sender domain not found'],
  ['MAIL', '550 5.1.1 no such sender'],
  ['MAIL', '552 too much mail for {to}'],
  ['RCPT', '554 5.7.1 {to}: relay access denied'],
  ['RCPT', '550 5.7.1 {to}: relay access denied'],
  ['RCPT', '550 5.1.0 sender address rejected'],
  ['RCPT', '553 5.1.7 bad sender address'],
  ['RCPT', '550 5.7.26 not authenticated'],
  ['RCPT', '552 5.2.2 {to} is full'],
  ['RCPT', '554 not for {to}'],
  ['RCPT', '550 5.1.11 unknown status'],
  ['RCPT', '550 Relaying denied'],
  ['RCPT', '550 <{to}>: mailbox unavailable, blocked by policy'],
  ['DATA', '554 5.7.0 policy, {to}'],
  ['DATA', '550 no'],
  ['CONTENT', '554 spam for {to}'],
  ['CONTENT', '550 5.1.1 no mailbox {to}'],
  ['CONTENT', '552 5.3.4 too big'],
];
for (const [point, reply] of notFinal) {
  test(`"${reply}" to ${point} is not final: the mail is retried later, and no address is logged`, async () => {
    smtp.setReplies({ [point]: reply });
    await recordMails(1);
    startSender();
    const [row] = await untilRows(({ attempts, due_in_ms }) => attempts === 1 && due_in_ms <= 1_000);
    assert.deepEqual([row!.status, row!.reason], ['PENDING', null]);
    smtp.setReplies({});
    await untilRows(({ status }) => status === 'SENT');
    assert.doesNotMatch(notifications.log.join(), personal);
  });
}

const answering = (answer: () => Awaited<ReturnType<Mailer['send']>>): Pick<Mailer, 'send'> => ({
  send: async () => answer(),
});
const overQuota = {
  kind: 'blocked',
  isSession: false,
  isOurs: true,
  command: 'MAIL FROM',
  reply: '550 5.4.5',
} as const;
const makeOlder = (hours: number) =>
  notifications.database.query(`update notifications set created_at = created_at - $1 * interval '1 hour'`, [hours]);

test('a mail that is refused for a day is given up, and the day begins with the first refusal', async () => {
  await recordMails(1);
  await makeOlder(48);
  startSender({ mailer: answering(() => overQuota) });
  await untilRows(({ attempts, due_in_ms }) => attempts === 1 && due_in_ms <= 1_000);
  await makeOlder(23);
  await expireLeases(notifications);
  await untilRows(({ status, attempts, due_in_ms }) => status === 'PENDING' && attempts === 2 && due_in_ms <= 2_000);
  await makeOlder(1);
  await expireLeases(notifications);
  const [row] = await untilRows(({ status }) => status === 'UNDELIVERABLE');
  assert.deepEqual(
    [row!.attempts, row!.reason],
    [3, 'the mail server refused the mail: 550 5.4.5, again and again for a day'],
  );
});

for (const [what, isSession, shortestMs, longestMs] of [
  ['a mail refused again and again waits up to half an hour', false, 1_300_000, 1_800_000],
  ['a mail whose session is refused waits up to a minute', true, 40_000, 60_000],
] as const) {
  test(what, async () => {
    await recordMails(1);
    await notifications.database.query('update notifications set attempts = 50, ended_attempts = 50');
    startSender({ mailer: answering(() => ({ ...overQuota, isSession })) });
    await untilRows(
      ({ status, attempts, due_in_ms }) =>
        status === 'PENDING' && attempts === 51 && due_in_ms > shortestMs && due_in_ms <= longestMs,
    );
  });
}

for (const [what, reply] of [
  ['a refused session', { ...overQuota, isSession: true, command: 'AUTH PLAIN', reply: '535' }],
  ['a broken connection', new Error('the mail server did not accept the mail: ECONNECTION')],
] as const) {
  test(`${what} never makes a mail undeliverable`, async () => {
    await recordMails(1);
    startSender({
      mailer: answering(() => {
        if (reply instanceof Error) throw reply;
        return reply;
      }),
    });
    await untilRows(({ attempts }) => attempts > 0);
    await makeOlder(48);
    await untilRows(({ attempts }) => attempts > 2);
    assert.equal((await notifications.rows())[0]!.status, 'PENDING');
  });
}
