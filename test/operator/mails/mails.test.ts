/** The mails command lists undeliverable mails, and makes chosen ones due again. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import type { NewNotification } from '../../../api/notifications/store.ts';
import { orderCommand } from '../../../operator/order/command.ts';
import { mailsCommand } from '../../../operator/mails/command.ts';
import { eventually } from '../../support/eventually.ts';
import { startSmtp } from '../../support/fakes/smtp-server.ts';
import {
  notificationOf,
  pairOf,
  profilesWithAddress,
  startNotifications,
  statusesOf,
} from '../../support/kafka/notifications.ts';
import { createDatabase } from '../../support/postgres/database.ts';
import { env } from '../../support/temporal/server.ts';

const notifications = await startNotifications();
const orders = await createDatabase('orders');
const { store } = notifications;
const installation = { ORDERS_DATABASE_URL: orders.url, NOTIFICATIONS_DATABASE_URL: notifications.database.url };
after(async () => {
  await orders.close();
  await notifications.close();
});
beforeEach(async () => {
  await notifications.database.query('delete from notifications');
});

const run = (...words: string[]) => mailsCommand(words, installation);
const send = (...ids: string[]) => run('send', ...ids, '--reason', 'the mail account is repaired', '--operator', 'ada');
const actsOn = (id: string) =>
  orders.query<{ act: string; operator: string; reason: string; outcome: string }>(
    'select act, operator, reason, outcome from operator_acts where subject = $1 order by at',
    [id],
  );
const undeliverable = async (mail: NewNotification = notificationOf(randomUUID()), why = 'a full quota') => {
  await store.record(mail);
  await store.markUndeliverable({ id: mail.id, attempts: 0 }, why);
  return mail;
};
const statusOf = async (id: string) => (await notifications.rows()).find((row) => row.id === id)?.status;

test('without undeliverable mails the list says that there are none', async () => {
  await store.record(notificationOf(randomUUID()));
  for (const words of [[], ['list']])
    assert.deepEqual(await run(...words), { text: 'There are no undeliverable mails.', exitCode: 0 });
});

test('the list shows each undeliverable mail with its order, buyer, time and reason, but not its text', async () => {
  const mail = await undeliverable();
  await store.record(notificationOf(randomUUID()));
  const { text, exitCode } = await run();
  assert.equal(exitCode, 0);
  const { id, orderId, userId } = mail;
  assert.match(text, new RegExp(`${id} +${orderId} +${userId} +OrderCreated +20\\S+Z +0 +a full quota$`, 'm'));
  assert.equal(text.split('\n').length, 2);
  assert.doesNotMatch(text, /placed and paid/);
});

test('send makes the chosen mails due again, a sender sends them, and the acts are recorded', async () => {
  const smtp = await startSmtp();
  const [chosen, other, left] = [await undeliverable(), await undeliverable(), await undeliverable()];
  const sender = notifications.startSender({ smtpUrl: smtp.url, profiles: profilesWithAddress('ada@example.org') });
  const { text, exitCode } = await send(chosen.id.toUpperCase(), other.id, chosen.id);
  assert.equal(exitCode, 0, text);
  assert.equal(
    text,
    [chosen, other]
      .map(
        ({ id, orderId }) =>
          `Mail ${id} (OrderCreated of order ${orderId}) is due again. It was undeliverable: a full quota.`,
      )
      .join('\n'),
  );
  await eventually(async () =>
    assert.deepEqual([await statusOf(chosen.id), await statusOf(other.id)], ['SENT', 'SENT']),
  );
  await sender.close();
  await smtp.close();
  assert.deepEqual(
    smtp.taken.map(({ messageId }) => messageId).sort(),
    [chosen, other].map(({ id }) => `<${id}@shop.example>`).sort(),
  );
  assert.equal(await statusOf(left.id), 'UNDELIVERABLE');
  for (const { id } of [chosen, other]) {
    const [act, ...more] = await actsOn(id);
    assert.deepEqual(
      [act!.act, act!.operator, act!.reason, act!.outcome.split(':')[0], more],
      ['send-mail', 'ada', 'the mail account is repaired', 'done', []],
    );
  }
  assert.deepEqual(await actsOn(left.id), []);
});

test('an order shows that its mail was sent again', async () => {
  const { id, orderId, userId } = await undeliverable();
  await send(id);
  await orders.query(
    `insert into orders (id, owner_id, price, version, status, first_status, fingerprint, correlation_id)
     values ($1, $2, 30, 1, 'SUCCESS', 'SUCCESS', 'f', 'test')`,
    [orderId, userId],
  );
  const { text } = await orderCommand([orderId], { ...installation, TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS') });
  assert.match(text, /Operator actions\n.*send-mail +ada: "the mail account is repaired"; done: Mail /);
});

test('send refuses a mail that is sent, superseded, pending or overtaken, and says why', async () => {
  const sent = notificationOf(randomUUID());
  await store.record(sent);
  await store.markSent(sent.id);
  const pending = notificationOf(randomUUID());
  await store.record(pending);
  const { first: superseded, cancellation } = pairOf();
  await store.record(superseded);
  await store.record(cancellation);
  const late = pairOf();
  await undeliverable(late.first);
  await undeliverable(late.cancellation);
  assert.match(
    (await run()).text,
    new RegExp(`${late.first.id} .*cannot be sent: the order was cancelled since$`, 'm'),
  );

  const before = await notifications.rows();
  for (const [id, why] of [
    [sent.id, /is SENT, at 20\S+Z, so it is not sent again\. Nothing was done\.$/],
    [superseded.id, /is SUPERSEDED: order \S+ was cancelled before it was sent, so only the cancellation is mailed\./],
    [pending.id, /is PENDING and is retried by itself, next at 20\S+Z\. Nothing was done\.$/],
    [late.first.id, /^Order \S+ was cancelled since mail \S+ became undeliverable, so only the cancellation/],
  ] as const) {
    const { text, exitCode } = await send(id);
    assert.equal(exitCode, 1);
    assert.match(text, why);
    assert.match((await actsOn(id)).at(-1)!.outcome, /^refused: /);
  }
  assert.deepEqual(
    (await notifications.rows()).map(({ id, status }) => [id, status]),
    before.map(({ id, status }) => [id, status]),
  );
  const mixed = await send(sent.id, late.cancellation.id);
  assert.equal(mixed.exitCode, 1);
  assert.match(mixed.text, /is SENT.*\nMail \S+ \(OrderCancelled of order \S+\) is due again/);
  assert.deepEqual(await statusesOf(notifications, late.first.orderId), [
    ['OrderCreated', 'UNDELIVERABLE'],
    ['OrderCancelled', 'PENDING'],
  ]);
});

test('a mail sent again that is still refused has a new day', async () => {
  const mail = notificationOf(randomUUID());
  await store.record(mail);
  const [claimed] = await store.claim(1, 60_000);
  await store.postpone(claimed!, 0, 5);
  await store.markUndeliverable(claimed!, 'again and again for a day');
  await send(mail.id);
  const [again] = await eventually(async () => {
    const due = await store.claim(1, 60_000);
    assert.equal(due.length, 1);
    return due;
  });
  assert.deepEqual([again!.id, again!.refusedAgeMs], [mail.id, null]);
});

test('send reports an unknown mail and records nothing', async () => {
  const id = randomUUID();
  assert.deepEqual(await send(id), {
    text: `There is no mail ${id}. "npm run mails" lists the undeliverable ones.`,
    exitCode: 1,
  });
  assert.deepEqual(await actsOn(id), []);
});

test('without the orders database list works, and send does nothing because it cannot be recorded', async () => {
  const { id } = await undeliverable();
  const withoutOrders = { ...installation, ORDERS_DATABASE_URL: 'postgresql://user:password@127.0.0.1:1/nothing' };
  assert.match((await mailsCommand([], withoutOrders)).text, new RegExp(id));
  const { text, exitCode } = await mailsCommand(['send', id, '--reason', 'x'], withoutOrders);
  assert.equal(exitCode, 2);
  assert.match(text, new RegExp(`The command failed for mail ${id}: .*Can't reach database server`));
  assert.equal(await statusOf(id), 'UNDELIVERABLE');
});
