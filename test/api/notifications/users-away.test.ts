/** While the users service does not answer, look-ups are few, and mails go out when it is back. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createOutage } from '../../../api/notifications/outage.ts';
import { eventually } from '../../support/eventually.ts';
import { countingProfiles, record, untilSent } from '../../support/kafka/counted-lookups.ts';
import { notifications, startSender } from '../../support/kafka/mailing.ts';

const ADDRESS = 'ada@example.org';

test('while the users service is away, look-ups are few, however many buyers and mails wait, and mails go out when it is back', async () => {
  const away = new Error('the users service answered 503');
  const addresses = new Map<string, string | Error>();
  const buyers = Array.from({ length: 200 }, () => randomUUID());
  for (const buyer of buyers) addresses.set(buyer, away);
  for (const buyer of buyers) await record(buyer);
  const profiles = countingProfiles(addresses);
  const sender = startSender({ profiles });
  await eventually(() => assert.ok(profiles.total() >= 12));
  for (let n = 0; n < 200; n++) {
    sender.wake();
    await notifications.store.pending();
  }
  assert.ok(profiles.total() < 30, `${profiles.total()} look-ups`);
  assert.ok((await notifications.rows()).every(({ status }) => status === 'PENDING'));
  for (const buyer of buyers) addresses.set(buyer, ADDRESS);
  await untilSent(200);
});

test('a buyer whose look-ups fail does not delay the mails of others', async () => {
  const failing = Array.from({ length: 2 }, () => randomUUID());
  const healthy = randomUUID();
  const profiles = countingProfiles(
    new Map<string, string | Error>(failing.map((each) => [each, new Error('500')])),
    ADDRESS,
  );
  for (const each of failing) await record(each, 20);
  startSender({ profiles });
  await eventually(() => assert.ok(profiles.total() >= 4));
  await record(healthy, 3);
  await untilSent(3);
  assert.ok(failing.every((each) => profiles.lookups.get(each)! < 10));
});

test('one request after the other asks a service that is away, with pauses that grow to 30 s, until it answers', (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const outage = createOutage();
  for (const userId of ['a', 'a', 'a', 'b']) outage.failed(userId);
  assert.deepEqual([outage.isAway(), outage.permits(12, 0)], [false, 12]);
  outage.failed('c');
  const pausesMs: number[] = [];
  for (let n = 0; n < 8; n++) {
    assert.deepEqual([outage.isAway(), outage.permits(12, 0)], [true, 0]);
    // A request that began before the pause does not extend it.
    outage.failed('d');
    const begunMs = nowMs;
    while (outage.permits(12, 0) === 0) nowMs += 10;
    pausesMs.push(nowMs - begunMs);
    assert.deepEqual([outage.permits(12, 0), outage.permits(11, 1)], [1, 0]);
    outage.failed('e');
  }
  const fullMs = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000];
  for (const [n, ms] of pausesMs.entries()) assert.ok(ms <= fullMs[n]! && ms >= 0.75 * fullMs[n]!, pausesMs.join());
  assert.equal(outage.answered(), true);
  assert.deepEqual([outage.isAway(), outage.permits(12, 5), outage.answered()], [false, 12, false]);
});
