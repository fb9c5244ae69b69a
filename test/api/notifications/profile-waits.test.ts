/** A buyer without a profile costs a few look-ups, however many mails wait, and delays no other buyer's mails. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createUndeliverableStore } from '../../../api/notifications/undeliverable-store.ts';
import { eventually } from '../../support/eventually.ts';
import { countingProfiles, record, untilSent } from '../../support/kafka/counted-lookups.ts';
import { notifications, smtp, startSender } from '../../support/kafka/mailing.ts';
import { pairOf, statusesOf } from '../../support/kafka/notifications.ts';

const ADDRESS = 'ada@example.org';

const waits = () =>
  notifications.database.query<{ lookups: number; in_ms: number }>(
    `select lookups, extract(epoch from next_lookup_at - current_timestamp)::float8 * 1000 as in_ms from profile_waits`,
  );
const makeLookupsDue = () =>
  notifications.database.query(`update profile_waits set next_lookup_at = current_timestamp - interval '1 second'`);
const untilLookups = (count: number) =>
  eventually(async () =>
    assert.deepEqual(
      (await waits()).map(({ lookups }) => lookups),
      [count],
    ),
  );
const linesAbout = (text: string) => notifications.log.filter((line) => line.includes(text)).length;

test('many mails of a buyer without a profile share each look-up, and each look-up logs one line', async () => {
  const buyer = randomUUID();
  const profiles = countingProfiles(new Map());
  await record(buyer, 60);
  startSender({ profiles });
  await untilLookups(1);
  // One look-up for all, and perhaps one more for mails that were claimed while its result was stored.
  assert.ok(profiles.total() <= 3, `${profiles.total()} look-ups`);
  await record(buyer, 60);
  await untilLookups(3);
  assert.ok(profiles.total() <= 5, `${profiles.total()} look-ups`);
  assert.equal(notifications.log.length, profiles.total());
  const rows = await notifications.rows();
  assert.ok(rows.every(({ status }) => status === 'PENDING'));
  assert.ok(rows.reduce((sum, { attempts }) => sum + attempts, 0) <= 20);
});

test('the pauses between the look-ups of a buyer grow to 15 minutes', async () => {
  await record(randomUUID());
  const sender = startSender({ profiles: countingProfiles(new Map()) });
  const pauses: number[] = [];
  for (let count = 1; count <= 8; count++) {
    await untilLookups(count);
    pauses.push((await waits())[0]!.in_ms);
    await makeLookupsDue();
    sender.wakeLookups();
  }
  const fullMs = [1_000, 4_000, 16_000, 64_000, 256_000, 900_000, 900_000, 900_000];
  for (const [n, ms] of pauses.entries())
    assert.ok(ms <= fullMs[n]! && ms > fullMs[n]! - 1_000, `${ms} after ${n + 1} look-ups`);
});

test('when the profile appears, the next look-up sends all waiting mails, and so does news of the profile', async () => {
  const buyer = randomUUID();
  const addresses = new Map<string, string>();
  const profiles = countingProfiles(addresses);
  await record(buyer, 5);
  const sender = startSender({ profiles });
  await untilLookups(2);
  await notifications.database.query(`update profile_waits set next_lookup_at = current_timestamp + interval '1 hour'`);
  addresses.set(buyer, ADDRESS);
  assert.equal(await notifications.store.profileChanged(randomUUID()), false);
  assert.equal(await notifications.store.profileChanged(buyer), true);
  sender.wakeLookups();
  await untilSent(5);
  assert.deepEqual(await waits(), []);
  await record(buyer);
  sender.wake();
  await untilSent(6);
});

test('a profile that appears during a look-up is looked up again at once', async () => {
  const buyer = randomUUID();
  const gate = Promise.withResolvers<void>();
  let lookups = 0;
  const profiles = {
    async addressOf() {
      if (++lookups === 3) await gate.promise;
      return lookups > 3 ? ADDRESS : undefined;
    },
  };
  await record(buyer);
  const sender = startSender({ profiles });
  await untilLookups(2);
  await notifications.database.query('update profile_waits set lookups = 20');
  await makeLookupsDue();
  sender.wakeLookups();
  await eventually(() => assert.equal(lookups, 3));
  await notifications.store.profileChanged(buyer);
  gate.resolve();
  await untilSent(1);
});

test('thousands of mails that wait for profiles delay no mail of another buyer', async () => {
  const healthy = randomUUID();
  const profiles = countingProfiles(new Map([[healthy, ADDRESS]]));
  const [waiting] = await record(randomUUID());
  startSender({ profiles });
  await untilLookups(1);
  await notifications.database.query(
    `insert into notifications (id, user_id, order_id, event_name, message, correlation_id, awaits_profile, next_attempt_at)
     select gen_random_uuid(), user_id, gen_random_uuid(), event_name, message, correlation_id, true,
       current_timestamp - interval '1 hour'
     from notifications cross join generate_series(1, 3000) where id = $1`,
    [waiting!.id],
  );
  await record(healthy, 3);
  await untilSent(3);
  const { lookups } = profiles;
  assert.ok([...lookups.entries()].every(([userId, count]) => userId === healthy || count < 12));
});

test('mails whose profile does not appear in time become undeliverable together, and younger ones go on waiting', async () => {
  const buyer = randomUUID();
  const profiles = countingProfiles(new Map());
  const old = await record(buyer, 20);
  startSender({ profiles });
  await untilLookups(1);
  await notifications.database.query(`update notifications set created_at = created_at - interval '1 hour'`);
  await record(buyer);
  const before = profiles.total();
  await makeLookupsDue();
  await eventually(async () => {
    const rows = await notifications.rows();
    assert.deepEqual(
      rows.map(({ status, reason }) => [status, reason]),
      [...old.map(() => ['UNDELIVERABLE', 'the buyer has no profile']), ['PENDING', null]],
    );
  });
  assert.ok(profiles.total() - before <= 2);
  assert.equal(linesAbout('mails of a buyer are undeliverable'), 1);
  await notifications.database.query(`update notifications set created_at = created_at - interval '1 hour'`);
  await makeLookupsDue();
  await eventually(async () => assert.deepEqual(await waits(), []));
});

test('a mail that an operator sends again while the profile is awaited is attempted at once', async () => {
  const buyer = randomUUID();
  const [first] = await record(buyer, 2);
  const profiles = countingProfiles(new Map());
  const sender = startSender({ profiles });
  await untilLookups(1);
  await notifications.database.query(
    `update notifications set status = 'UNDELIVERABLE', reason = 'a test' where id = $1`,
    [first!.id],
  );
  await untilLookups(2);
  const mails = createUndeliverableStore(notifications.database);
  const before = profiles.total();
  assert.equal((await mails.resend(first!.id)).isDue, true);
  sender.wake();
  await eventually(() => assert.ok(profiles.total() > before));
  await mails.close();
});

test('an order that is cancelled while the profile is awaited gets only the mail about the cancellation', async () => {
  const { orderId, first, cancellation } = pairOf();
  const addresses = new Map<string, string>();
  await notifications.store.record(first);
  const sender = startSender({ profiles: countingProfiles(addresses) });
  await untilLookups(1);
  await notifications.store.record(cancellation);
  addresses.set(first.userId, ADDRESS);
  await notifications.store.profileChanged(first.userId);
  sender.wakeLookups();
  await eventually(async () =>
    assert.deepEqual(await statusesOf(notifications, orderId), [
      ['OrderCreated', 'SUPERSEDED'],
      ['OrderCancelled', 'SENT'],
    ]),
  );
  assert.equal(smtp.taken.length, 1);
});

test('a sender that dies during a look-up leaves it to another one', async () => {
  const buyer = randomUUID();
  const [mail] = await record(buyer);
  startSender({ profiles: countingProfiles(new Map(), ADDRESS) });
  // The state that a sender leaves behind after its look-up lease has ended.
  await notifications.database.query(
    `update notifications set awaits_profile = true, attempts = 3, ended_attempts = 2 where id = $1`,
    [mail!.id],
  );
  await notifications.database.query(
    `insert into profile_waits values ($1, 3, false, current_timestamp - interval '1 second')
     on conflict (user_id) do update set next_lookup_at = excluded.next_lookup_at`,
    [buyer],
  );
  await untilSent(1);
});
