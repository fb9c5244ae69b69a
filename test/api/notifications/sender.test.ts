/** When the sender sends, retries or abandons a mail, and how several senders share the work. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { register } from 'prom-client';
import { exportPending } from '../../../api/notifications/metrics.ts';
import type { Profiles } from '../../../api/notifications/profiles.ts';
import { backoffMs } from '../../../api/notifications/sender.ts';
import { eventually } from '../../support/eventually.ts';
import { startSmtp } from '../../support/fakes/smtp-server.ts';
import {
  profilesWithAddress,
  notificationOf,
  startNotifications,
  type Notifications,
} from '../../support/kafka/notifications.ts';

const ADDRESS = 'ada@example.org';

let notifications: Notifications;
let smtp: Awaited<ReturnType<typeof startSmtp>>;
let senders: { close(): Promise<void> }[];

beforeEach(async () => {
  [notifications, smtp] = await Promise.all([startNotifications(), startSmtp()]);
  senders = [];
});
afterEach(async () => {
  for (const sender of senders) await sender.close();
  await smtp.close();
  await notifications.close();
});

function startSender(profiles: Profiles, rest: { profileWaitMs?: number } = {}) {
  const sender = notifications.startSender({ smtpUrl: smtp.url, profiles, ...rest });
  senders.push(sender);
  return sender;
}

const until = (expected: object, attemptsMin = 1) =>
  eventually(async () => {
    const { status, reason, attempts } = (await notifications.rows())[0]!;
    assert.deepEqual({ status, reason }, { reason: null, ...expected });
    assert.ok(attempts >= attemptsMin);
  });

test('a buyer who creates a profile in time gets the mail', async () => {
  let address: string | undefined;
  let lookups = 0;
  await notifications.store.record(notificationOf(randomUUID()));
  startSender({ addressOf: async () => (lookups++, address) });
  await eventually(() => assert.ok(lookups > 0));
  assert.equal(smtp.taken.length, 0);
  address = ADDRESS;
  await until({ status: 'SENT' }, 2);
});

test('if the buyer creates no profile in time, the mail becomes undeliverable', async () => {
  await notifications.store.record(notificationOf(randomUUID()));
  startSender(profilesWithAddress(undefined), { profileWaitMs: 3_600_000 });
  await eventually(async () => {
    const rows = await notifications.database.query('select id from notifications where awaits_profile');
    assert.equal(rows.length, 1);
  });
  await notifications.database.query(`update notifications set created_at = created_at - interval '1 hour'`);
  await until({ status: 'UNDELIVERABLE', reason: 'the buyer has no profile' }, 2);
  assert.equal(smtp.taken.length, 0);
});

test('if the profile has no address, the mail becomes undeliverable at once', async () => {
  await notifications.store.record(notificationOf(randomUUID()));
  startSender(profilesWithAddress(''));
  await until({ status: 'UNDELIVERABLE', reason: 'the profile has no email address' });
  assert.equal((await notifications.rows())[0]!.attempts, 1);
});

test('while the users service is unavailable, no mail becomes undeliverable, even after the profile wait', async () => {
  let unavailable = true;
  await notifications.store.record(notificationOf(randomUUID()));
  const addressOf = async () => {
    if (unavailable) throw new Error('the users service is unavailable');
    return ADDRESS;
  };
  startSender({ addressOf }, { profileWaitMs: 1 });
  await until({ status: 'PENDING' }, 2);
  unavailable = false;
  await until({ status: 'SENT' }, 2);
});

test('three senders send a hundred mails, each once', async () => {
  const recorded = Array.from({ length: 100 }, () => notificationOf(randomUUID()));
  for (const each of recorded) await notifications.store.record(each);
  for (let n = 0; n < 3; n++) startSender(profilesWithAddress(ADDRESS));
  await eventually(async () => assert.ok((await notifications.rows()).every(({ status }) => status === 'SENT')));
  assert.deepEqual(
    smtp.taken.map(({ messageId }) => messageId).sort(),
    recorded.map(({ id }) => `<${id}@shop.example>`).sort(),
  );
  assert.ok((await notifications.rows()).every(({ attempts }) => attempts === 1));
});

test('a claimed mail belongs to one sender until its lease expires, and is then due again', async () => {
  const { store } = notifications;
  // A stored timestamp is rounded to milliseconds and may end up in the future, so a mail is made due a second ago.
  const makeDue = () =>
    notifications.database.query(`update notifications set next_attempt_at = current_timestamp - interval '1 second'`);
  for (let n = 0; n < 20; n++) await store.record(notificationOf(randomUUID()));
  await makeDue();
  const ids = (await Promise.all(Array.from({ length: 10 }, () => store.claim(4, 60_000)))).flat().map(({ id }) => id);
  assert.deepEqual([ids.length, new Set(ids).size], [20, 20]);
  assert.deepEqual(await store.claim(4, 60_000), []);
  await makeDue();
  assert.deepEqual(
    (await store.claim(100, 60_000)).map(({ attempts }) => attempts),
    Array(20).fill(2),
  );
});

test('a sent or undeliverable notification never changes', async () => {
  const { store } = notifications;
  const [sent, undeliverable] = [notificationOf(randomUUID()), notificationOf(randomUUID())];
  await store.record(sent);
  await store.record(undeliverable);
  await store.markSent(sent.id);
  await store.markUndeliverable({ id: undeliverable.id, attempts: 0 }, 'first');
  const before = await notifications.database.query('select * from notifications order by seq');
  await store.markUndeliverable({ id: sent.id, attempts: 0 }, 'second');
  await store.postpone({ id: sent.id, attempts: 0 }, 0);
  await store.markSent(undeliverable.id);
  await store.markUndeliverable({ id: undeliverable.id, attempts: 0 }, 'second');
  assert.deepEqual(await notifications.database.query('select * from notifications order by seq'), before);
  assert.deepEqual(await store.claim(10, 1), []);
});

test('the metrics count pending mails, and omit the number while the database is down', async () => {
  await notifications.store.record(notificationOf(randomUUID()));
  let down = false;
  const end = exportPending({
    pending: () => (down ? Promise.reject(new Error('down')) : notifications.store.pending()),
  });
  assert.match(await register.metrics(), /^notifications_pending 1$/m);
  down = true;
  assert.match(await register.metrics(), /^notification_mails_total[^]*^notifications_pending Nan$/im);
  end();
  assert.doesNotMatch(await register.metrics(), /notifications_pending/);
});

test('a sender whose claim was taken over neither abandons nor postpones the mail', async () => {
  const { store } = notifications;
  await store.record(notificationOf(randomUUID()));
  const taken = (leaseMs: number) =>
    eventually(async () => {
      const [mail] = await store.claim(1, leaseMs);
      assert.ok(mail);
      return mail;
    });
  const late = await taken(0);
  const now = await taken(60_000);
  await store.markUndeliverable(late, 'the first of two');
  await store.postpone(late, 0);
  assert.deepEqual(await store.claim(1, 0), []);
  await store.postpone(now, 0);
  assert.equal((await taken(0)).attempts, 3);
});

test('closing waits for the mail in flight and stores its result', async () => {
  smtp.setReplies({ CONTENT: 'silence' });
  await notifications.store.record(notificationOf(randomUUID()));
  const sender = startSender(profilesWithAddress(ADDRESS));
  await eventually(() => assert.equal(smtp.taken.length, 1));
  let closed = false;
  const ended = sender.close().then(() => (closed = true));
  await sleep(200);
  assert.equal(closed, false);
  smtp.hangUp();
  await ended;
  const { status, due_in_ms } = (await notifications.rows())[0]!;
  assert.ok(status === 'PENDING' && due_in_ms <= 1_000, 'the result of the mail is not stored');
});

test('the wait between attempts doubles from a second to a minute, and is never longer', () => {
  for (const [attempts, fullMs] of [
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [6, 32_000],
    [7, 60_000],
    [50, 60_000],
    [5_000, 60_000],
  ] as const) {
    for (let n = 0; n < 50; n++) {
      const ms = backoffMs(attempts);
      assert.ok(ms <= fullMs && ms >= fullMs * 0.75, `${ms} after ${attempts} attempts`);
    }
  }
});
