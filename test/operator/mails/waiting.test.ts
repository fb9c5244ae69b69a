/** The mails command says how many mails wait, and for what. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { mailsCommand } from '../../../operator/mails/command.ts';
import { notificationOf, startNotifications } from '../../support/kafka/notifications.ts';
import { createDatabase } from '../../support/postgres/database.ts';

const notifications = await startNotifications();
const orders = await createDatabase('orders');
const { store } = notifications;
const installation = { ORDERS_DATABASE_URL: orders.url, NOTIFICATIONS_DATABASE_URL: notifications.database.url };
after(async () => {
  await orders.close();
  await notifications.close();
});
const run = (...words: string[]) => mailsCommand(words, installation);

test('the list says how many pending mails wait, and for what, and send says that it waits for the profile', async () => {
  const recorded = Array.from({ length: 6 }, () => notificationOf(randomUUID()));
  for (const each of recorded) await store.record(each);
  const set = (what: string, ...ids: string[]) =>
    notifications.database.query(`update notifications set ${what} where id = any($1)`, [ids]);
  const [first, second, third, fourth, fifth] = recorded.map(({ id }) => id) as [
    string,
    string,
    string,
    string,
    string,
  ];
  await set('awaits_profile = true', first, second, third);
  await set(`address_key = 'a', turn_at = current_timestamp + interval '1 hour'`, fourth);
  await set(`domain_key = 'a', next_attempt_at = current_timestamp - interval '1 second'`, fifth);
  assert.deepEqual((await run()).text.split('\n'), [
    'There are no undeliverable mails.',
    "Pending mails that wait for their buyers' profiles: 3.",
    'Pending mails that wait because their addresses get as many mails in an hour as MAILS_PER_ADDRESS_AND_HOUR permits: 1.',
    'Pending mails that wait for other mails to the same domains: 1.',
  ]);
  const { text, exitCode } = await run('send', first, '--reason', 'to see', '--operator', 'ada');
  assert.deepEqual([exitCode, /is sent by itself as soon as the buyer has a profile/.test(text)], [1, true]);
});
