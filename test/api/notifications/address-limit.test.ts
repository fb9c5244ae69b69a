/**
 * The number of mails to one address in an hour is limited, even if several buyers use it. Later mails wait and are not
 * lost.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Mailer } from '../../../api/notifications/mailer.ts';
import { createNotificationStore } from '../../../api/notifications/store.ts';
import { Deferred } from '../../../api/notifications/smtp-reply.ts';
import { eventually } from '../../support/eventually.ts';
import { startSmtp } from '../../support/fakes/smtp-server.ts';
import { notifications, smtp, startSender, untilRows } from '../../support/kafka/mailing.ts';
import { notificationOf } from '../../support/kafka/notifications.ts';
import { openWithLongTimeouts } from '../../support/postgres/database.ts';

const HOUR_MS = 3_600_000;
const LIMIT = 5;

const addresses = new Map<string, string>();
const profiles = { addressOf: async (userId: string) => addresses.get(userId) };
const record = async (address: string, count = 1, userId: string = randomUUID()) => {
  addresses.set(userId, address);
  for (let n = 0; n < count; n++) await notifications.store.record(notificationOf(userId));
};
const limited = { profiles, perAddressAndHourMax: LIMIT };
const sent = async () => (await notifications.rows()).filter(({ status }) => status === 'SENT').length;
const waiting = () =>
  notifications.database.query<{ attempts: number; in_ms: number }>(
    `select attempts, extract(epoch from turn_at - current_timestamp)::float8 * 1000 as in_ms
     from notifications where status = 'PENDING' and turn_at is not null order by turn_at`,
  );
const untilWaiting = (count: number) =>
  eventually(async () => {
    const found = await waiting();
    assert.equal(found.length, count);
    return found;
  });
/** Moves all stored times into the past. */
const pass = (ms: number) =>
  notifications.database.query(
    `with moved as (update address_turns set turns = array(select turn - ${ms} from unnest(turns) as turn))
     update notifications set turn_at = turn_at - interval '${ms} milliseconds',
       next_attempt_at = next_attempt_at - interval '${ms} milliseconds'`,
  );

test('two buyers with one address share its limit, and later mails wait an hour after one attempt', async () => {
  await record('ada@example.org', 4);
  await record('Ada+Shop@EXAMPLE.org', 4);
  await record('eve@example.org', 2);
  startSender(limited);
  const mails = await untilWaiting(3);
  await eventually(async () => assert.equal(await sent(), 7));
  for (const { attempts, in_ms } of mails) {
    assert.equal(attempts, 1);
    assert.ok(in_ms > HOUR_MS - 60_000, `${in_ms} ms`);
  }
  assert.equal(smtp.taken.filter(({ to }) => /ada/i.test(to)).length, LIMIT);
});

test('however many mails wait, each window sends as many as permitted, after one more attempt of each', async () => {
  await record('ada@example.org', 3 * LIMIT);
  const sender = startSender(limited);
  await untilWaiting(2 * LIMIT);
  for (let window = 2; window <= 3; window++) {
    const [next] = await waiting();
    await pass(next!.in_ms + 30_000);
    sender.wake();
    await eventually(async () => assert.equal(await sent(), window * LIMIT));
    await untilWaiting((3 - window) * LIMIT);
  }
  assert.ok((await notifications.rows()).every(({ attempts }) => attempts <= 2));
});

test('two senders on two connections keep the limit together', async () => {
  const other = openWithLongTimeouts(notifications.database.url);
  const store = createNotificationStore(other);
  for (let n = 0; n < 4 * LIMIT; n++) await record('ada@example.org');
  const first = notifications.startSender({ smtpUrl: smtp.url, ...limited, store });
  startSender(limited);
  await untilWaiting(3 * LIMIT);
  await eventually(async () => assert.equal(await sent(), LIMIT));
  await first.close();
  await store.close();
  await other.close();
});

test('a mail whose buyer changes the address while it waits is subject to the limit of the new address', async () => {
  const buyer = randomUUID();
  await record('ada@example.org', LIMIT + 1, buyer);
  await record('eve@example.org', LIMIT);
  const sender = startSender(limited);
  const [mail] = await untilWaiting(1);
  await eventually(async () => assert.equal(await sent(), 2 * LIMIT));
  addresses.set(buyer, 'eve@example.org');
  await notifications.database.query(
    'update notifications set turn_at = current_timestamp, next_attempt_at = current_timestamp',
  );
  sender.wake();
  await eventually(async () => assert.ok((await waiting())[0]!.attempts > mail!.attempts));
  assert.equal(await sent(), 2 * LIMIT);
});

test('an attempt that did not reach the recipient does not count', async () => {
  let down = true;
  const mailer: Pick<Mailer, 'send'> = {
    async send() {
      if (down) throw new Deferred('the mail server did not accept the mail: ESOCKET', false);
      return { kind: 'accepted' };
    },
  };
  await record('ada@example.org', LIMIT);
  startSender({ ...limited, mailer });
  await untilRows(({ attempts }) => attempts >= 3);
  down = false;
  await untilRows(({ status }) => status === 'SENT');
});

test('a mail server that is down uses up no turn', async () => {
  const stopped = await startSmtp();
  await stopped.close();
  await record('ada@example.org', LIMIT);
  startSender({ ...limited, smtpUrl: stopped.url });
  await untilRows(({ attempts }) => attempts >= 2);
  assert.deepEqual(await waiting(), []);
  await eventually(async () => {
    const [row] = await notifications.database.query<{ count: number }>(
      'select cardinality(turns) as count from address_turns',
    );
    assert.equal(row!.count, 0);
  });
});

test('a recipient that is refused again and again gets no more attempts than mails', async () => {
  smtp.setReplies({ RCPT: '450 mailbox {to} is busy' });
  await record('ada@example.org', 4 * LIMIT);
  startSender(limited);
  await untilWaiting(4 * LIMIT);
  const attempts = (await notifications.rows()).reduce((sum, each) => sum + each.attempts, 0);
  // Each mail was claimed once to get its turn, and the permitted ones were attempted.
  assert.ok(attempts <= 5 * LIMIT, `${attempts} attempts`);
  assert.doesNotMatch(notifications.log.join(), /ada@|example\.org/);
});

test('addresses are stored as hashes, and forgotten when the limit does not concern them any more', async () => {
  await record('ada@example.org');
  const sender = startSender(limited);
  await untilRows(({ status }) => status === 'SENT');
  const [row] = await notifications.database.query<{ address_key: string }>('select address_key from address_turns');
  assert.doesNotMatch(row!.address_key, /ada|example/);
  await notifications.store.sweepTurns();
  assert.equal((await notifications.database.query('select from address_turns')).length, 1);
  await pass(2 * HOUR_MS);
  await notifications.store.sweepTurns();
  assert.deepEqual(await notifications.database.query('select from address_turns'), []);
  await sender.close();
});
