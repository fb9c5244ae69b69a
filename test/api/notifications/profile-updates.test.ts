/** Notifications reads the events of changed profiles, so mails do not have to wait for the next look-up. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { consumeProfileUpdates } from '../../../api/notifications/profile-updates.ts';
import { createLog } from '../../../lib/log.ts';
import { profileEventId } from '../../../specs/identity.ts';
import { eventually } from '../../support/eventually.ts';
import { broker, notifications } from '../../support/kafka/notification-consumer.ts';
import { notificationOf } from '../../support/kafka/notifications.ts';

const TOPIC = 'user-service.UserUpdated';

const update = (userId: string, version: number, isDeletion = false) =>
  broker.codec.encode({
    id: profileEventId(userId, version),
    type: 'UserUpdated',
    topic: TOPIC,
    key: userId,
    payload: isDeletion
      ? null
      : { userId, firstName: 'Ada', lastName: 'King', email: 'ada@example.org', phone: '+15550100', version },
    correlationId: 'test',
    extra: { profileVersion: String(version) },
  });

test('a changed profile wakes the look-ups of its buyer; other profiles, deletions and poison do not', async () => {
  await broker.createTopics();
  const buyer = randomUUID();
  let woken = 0;
  const consumption = consumeProfileUpdates({
    transport: broker.transport,
    publisher: broker.publisher,
    codec: broker.codec,
    store: notifications.store,
    onAwaited: () => woken++,
    log: createLog('silent'),
  });
  await notifications.store.record(notificationOf(buyer));
  const [mail] = await eventually(async () => {
    const claimed = await notifications.store.claim(1, 60_000);
    assert.equal(claimed.length, 1);
    return claimed;
  });
  await notifications.store.awaitProfile(buyer, [mail!], undefined);
  await notifications.database.query(`update profile_waits set next_lookup_at = current_timestamp + interval '1 hour'`);
  await broker.publisher.publish(update(randomUUID(), 1));
  await broker.publisher.publish(update(buyer, 1, true));
  await broker.publisher.publish({ ...update(buyer, 1), value: 'no JSON' });
  await eventually(async () => assert.equal(await broker.size(`${TOPIC}.dead-letters`), 1));
  assert.equal(woken, 0);
  await broker.publisher.publish(update(buyer, 2));
  await eventually(() => assert.equal(woken, 1));
  const claimed = await notifications.store.claimAwaiting(1, 60_000);
  assert.deepEqual(
    claimed.map(({ id }) => id),
    [mail!.id],
  );
  await consumption.close();
});
