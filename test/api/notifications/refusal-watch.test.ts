/** Refusals for the same reason on our side are counted, and logged as an error if they come in a row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from 'prom-client';
import { eventually } from '../../support/eventually.ts';
import { personal, notifications, smtp, startSender, recordMails, untilRows } from '../../support/kafka/mailing.ts';

const errors = () =>
  notifications.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ level }) => level === 50);
const refusalsOf = async (command: string, reply: string) =>
  Number(
    new RegExp(
      `^notification_mail_refusals_total\\{command="${command}",reply="${reply.replaceAll('.', '\\.')}"\\} (\\d+)$`,
      'm',
    ).exec(await register.metrics())?.[1] ?? 0,
  );

for (const [point, reply, command, code] of [
  ['MAIL', '550 5.4.5 daily limit', 'MAIL FROM', '550 5.4.5'],
  ['AUTH', '535 5.7.8 wrong password', 'AUTH PLAIN', '535 5.7.8'],
  ['CONTENT', '554 5.7.1 {to} policy', 'DATA', '554 5.7.1'],
] as const) {
  test(`three mails in a row refused with "${reply}" are logged once as an error, and counted`, async () => {
    const before = await refusalsOf(command, code);
    smtp.setReplies({ [point]: reply });
    startSender({ smtpUrl: smtp.url.replace('//', '//user:secret@') });
    await recordMails(2);
    await untilRows(({ attempts }) => attempts > 1);
    assert.deepEqual(errors(), []);
    await recordMails(3);
    await untilRows(({ attempts }) => attempts > 1);
    assert.deepEqual(
      errors().map((line) => [line['command'], line['reply']]),
      [[command, code]],
    );
    assert.match(String(errors()[0]!['msg']), /reason on our side.*check MAIL_FROM/);
    assert.ok((await refusalsOf(command, code)) >= before + 5);
    assert.doesNotMatch(notifications.log.join(), personal);
  });
}

test('refusals about the recipient, and refusals between accepted mails, are no fault of ours', async () => {
  smtp.setReplies({ RCPT: '552 5.2.2 {to} is full' });
  startSender();
  await recordMails(5);
  await untilRows(({ attempts }) => attempts > 0);
  smtp.setReplies({ RCPT: '550 5.1.1 no mailbox' });
  await untilRows(({ status }) => status === 'UNDELIVERABLE');
  for (let n = 0; n < 3; n++) {
    smtp.setReplies({ MAIL: '550 5.7.1 policy' });
    await recordMails(1);
    await eventually(async () => assert.ok((await notifications.rows()).at(-1)!.attempts > 0));
    smtp.setReplies({});
    await untilRows(({ status }) => status !== 'PENDING');
  }
  assert.deepEqual(errors(), []);
});

/** Gives each user an address of their own. */
const ownAddresses = { addressOf: async (userId: string) => `${userId}@example.org` };
const refusalsInARow = async () =>
  Number(/^notification_mail_refusals_in_a_row (\d+)$/m.exec(await register.metrics())?.[1]);

test('three recipients in a row that are refused with the same final reply are logged once as an error, and counted', async () => {
  const before = await refusalsOf('RCPT TO', '550 5.1.1');
  smtp.setReplies({ RCPT: '550 5.1.1 no mailbox {to}' });
  startSender({ profiles: ownAddresses });
  await recordMails(2);
  await untilRows(({ status }) => status === 'UNDELIVERABLE');
  assert.deepEqual([errors(), await refusalsOf('RCPT TO', '550 5.1.1')], [[], before]);
  await recordMails(3);
  await untilRows(({ status }) => status === 'UNDELIVERABLE');
  assert.deepEqual(
    errors().map(({ command, reply }) => [command, reply]),
    [['RCPT TO', '550 5.1.1']],
  );
  assert.match(String(errors()[0]!['msg']), /one recipient after the other.*check MAIL_FROM/);
  assert.equal(await refusalsOf('RCPT TO', '550 5.1.1'), before + 3);
  assert.doesNotMatch(notifications.log.join(), /@example\.org/);
});

test('recipients that are refused between accepted mails are no fault of ours', async () => {
  startSender({ profiles: ownAddresses });
  for (let n = 0; n < 4; n++) {
    smtp.setReplies({ RCPT: '550 5.1.1 no mailbox' });
    await recordMails(1);
    await untilRows(({ status }) => status !== 'PENDING');
    smtp.setReplies({});
    await recordMails(1);
    await untilRows(({ status }) => status !== 'PENDING');
  }
  assert.deepEqual(errors(), []);
});

test('the gauge of refusals in a row counts mails and recipients, and is 0 after an accepted mail', async () => {
  smtp.setReplies({ MAIL: '550 5.4.5 daily limit' });
  startSender({ profiles: ownAddresses });
  await recordMails(4);
  await eventually(async () => assert.equal(await refusalsInARow(), 4));
  await untilRows(({ attempts }) => attempts > 1);
  assert.equal(await refusalsInARow(), 4);
  smtp.setReplies({ RCPT: '550 5.1.1 no mailbox' });
  await recordMails(1);
  await untilRows(({ status }) => status === 'UNDELIVERABLE');
  assert.equal(await refusalsInARow(), 5);
  smtp.setReplies({});
  await recordMails(1);
  await eventually(async () => assert.equal(await refusalsInARow(), 0));
});
