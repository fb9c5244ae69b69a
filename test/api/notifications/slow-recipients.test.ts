/** Slow recipients do not hold up the mails of others. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Mailer } from '../../../api/notifications/mailer.ts';
import { eventually } from '../../support/eventually.ts';
import { notifications, smtp, startSender } from '../../support/kafka/mailing.ts';
import { notificationOf, pairOf, statusesOf } from '../../support/kafka/notifications.ts';

/** Each user's address is in the domain that the test has set for the user. */
const domains = new Map<string, string>();
let lookups = 0;
const profiles = {
  async addressOf(userId: string) {
    lookups++;
    return `${userId}@${domains.get(userId)!}`;
  },
};
const record = async (domain: string, count = 1, userId: string = randomUUID()) => {
  domains.set(userId, domain);
  for (let n = 0; n < count; n++) await notifications.store.record(notificationOf(userId));
};
const isSlow = (domain: string) => domain.startsWith('slow');

/** Sends mails at once. Mails to slow domains wait for `release`. */
function gatedMailer() {
  const gate = Promise.withResolvers<void>();
  const underWay = new Map<string, number>();
  const most = new Map<string, number>();
  const sent: string[] = [];
  const mailer: Pick<Mailer, 'send'> = {
    async send({ id, to }) {
      const domain = to.split('@')[1]!;
      underWay.set(domain, (underWay.get(domain) ?? 0) + 1);
      most.set(domain, Math.max(most.get(domain) ?? 0, underWay.get(domain)!));
      if (isSlow(domain)) await gate.promise;
      underWay.set(domain, underWay.get(domain)! - 1);
      sent.push(id);
      return { kind: 'accepted' };
    },
  };
  return { mailer, underWay, most, sent, release: gate.resolve };
}
const untilAllSent = () =>
  eventually(async () => assert.ok((await notifications.rows()).every(({ status }) => status === 'SENT')));

test('a backlog for a slow domain gets a quarter of the pool, and others are sent meanwhile', async () => {
  const world = gatedMailer();
  for (let n = 0; n < 40; n++) await record('slow.example');
  startSender({ profiles, mailer: world.mailer });
  await eventually(() => assert.equal(world.underWay.get('slow.example'), 3));
  for (let n = 0; n < 10; n++) await record('example.org');
  await eventually(() => assert.equal(world.sent.length, 10));
  assert.equal(world.most.get('slow.example'), 3);
  // The mails that wait for the slow domain have been looked up once, and are not claimed again.
  const before = lookups;
  for (let n = 0; n < 10; n++) await record('example.org');
  await eventually(() => assert.equal(world.sent.length, 20));
  assert.ok(lookups - before < 25, `${lookups - before} look-ups`);
  world.release();
  await untilAllSent();
  assert.equal(new Set(world.sent).size, 60);
  assert.ok((await notifications.rows()).every(({ attempts }) => attempts === 1));
  const leftovers = await notifications.database.query('select from notifications where domain_key is not null');
  assert.equal(leftovers.length, 0);
});

test('a slow mail does not delay the mails that were claimed with it or after it', async () => {
  const world = gatedMailer();
  await record('slow.example');
  startSender({ profiles, mailer: world.mailer });
  await eventually(() => assert.equal(world.underWay.get('slow.example'), 1));
  for (let n = 0; n < 30; n++) await record('example.org');
  await eventually(() => assert.equal(world.sent.length, 30));
  world.release();
  await untilAllSent();
});

test('a recipient that the mail server answers slowly uses connections of its own', async () => {
  const slow = (to: string) => to.endsWith('@slow.example');
  smtp.setReplies({ RCPT: (to) => (slow(to) ? 'silence' : '250 ok') });
  for (let n = 0; n < 12; n++) await record('slow.example');
  startSender({ profiles });
  await eventually(async () => assert.ok((await notifications.rows()).some(({ attempts }) => attempts > 0)));
  for (let n = 0; n < 10; n++) await record('example.org');
  const begun = performance.now();
  await eventually(() => assert.equal(smtp.taken.length, 10));
  assert.ok(performance.now() - begun < 5_000);
  smtp.setReplies({});
  smtp.hangUp();
  await untilAllSent();
});

test('the mails about one order stay in sequence while they wait for a slow domain', async () => {
  const world = gatedMailer();
  for (let n = 0; n < 12; n++) await record('slow.example');
  startSender({ profiles, mailer: world.mailer });
  await eventually(() => assert.equal(world.underWay.get('slow.example'), 3));
  const pair = pairOf();
  domains.set(pair.first.userId, 'slow.example');
  await notifications.store.record(pair.first);
  await notifications.store.record(pair.cancellation);
  world.release();
  await eventually(async () =>
    assert.deepEqual(await statusesOf(notifications, pair.orderId), [
      ['OrderCreated', 'SUPERSEDED'],
      ['OrderCancelled', 'SENT'],
    ]),
  );
});

test('a claim that ended without an attempt cannot end the next one', async () => {
  const { store } = notifications;
  await record('example.org');
  const [mail] = await store.claim(1, 60_000);
  await store.queueForDomain(mail!, 'a');
  const [again] = await eventually(async () => {
    const claimed = await store.claim(1, 60_000);
    assert.equal(claimed.length, 1);
    return claimed;
  });
  assert.deepEqual([again!.attempts, again!.domainKey], [1, 'a']);
  await store.queueForDomain(mail!, 'a');
  assert.deepEqual(await store.claim(1, 60_000), []);
});

test('a claim takes no more mails for a domain than its rest, and the oldest first', async () => {
  const { store, database } = notifications;
  for (const key of ['a', 'b']) {
    for (let n = 0; n < 4; n++) await record('example.org');
    await database.query(
      `update notifications set domain_key = $1, next_attempt_at = current_timestamp - interval '1 hour' where domain_key is null`,
      [key],
    );
  }
  const keysOf = async (limit: number, listed: { domainKey: string; rest: number }[]) =>
    (await store.claim(limit, 60_000, { otherwise: 2, listed })).map(({ domainKey }) => domainKey).sort();
  assert.deepEqual(await keysOf(10, [{ domainKey: 'a', rest: 0 }]), ['b', 'b']);
  assert.deepEqual(await keysOf(1, [{ domainKey: 'b', rest: 0 }]), ['a']);
  assert.deepEqual(await keysOf(10, []), ['a', 'a', 'b', 'b']);
});
