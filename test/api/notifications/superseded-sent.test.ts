/** What becomes of a mail that was superseded while a slow sender was sending it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import {
  expireLeases,
  pairOf,
  startNotifications,
  statusesOf,
  type Notifications,
} from '../../support/kafka/notifications.ts';

let notifications: Notifications;
beforeEach(async () => {
  notifications = await startNotifications();
});
afterEach(() => notifications.close());

test('a mail that was superseded while it was sent is SENT, if no mail about the cancellation can have come first', async () => {
  const { orderId, first, cancellation } = pairOf();
  await notifications.store.record(first);
  await notifications.store.claim(1, 60_000);
  await expireLeases(notifications);
  await notifications.store.record(cancellation);
  assert.deepEqual(await statusesOf(notifications, orderId), [
    ['OrderCreated', 'SUPERSEDED'],
    ['OrderCancelled', 'PENDING'],
  ]);
  await notifications.store.markSent(first.id);
  await expireLeases(notifications);
  const due = await notifications.store.claim(10, 60_000);
  assert.deepEqual(
    due.map(({ id }) => id),
    [cancellation.id],
  );
  await notifications.store.markSent(cancellation.id);
  assert.deepEqual(await statusesOf(notifications, orderId), [
    ['OrderCreated', 'SENT'],
    ['OrderCancelled', 'SENT'],
  ]);
  const [earlier, later] = await notifications.rows();
  assert.ok(earlier!.sent_at! <= later!.sent_at!);
});

test('a superseded mail stays SUPERSEDED once the mail about the cancellation is sent', async () => {
  const { orderId, first, cancellation } = pairOf();
  await notifications.store.record(first);
  await notifications.store.record(cancellation);
  await notifications.store.markSent(cancellation.id);
  await notifications.store.markSent(first.id);
  assert.deepEqual(await statusesOf(notifications, orderId), [
    ['OrderCreated', 'SUPERSEDED'],
    ['OrderCancelled', 'SENT'],
  ]);
});

test('a superseded mail stays SUPERSEDED while the mail about the cancellation is on its way', async () => {
  const { orderId, first, cancellation } = pairOf();
  await notifications.store.record(first);
  await notifications.store.record(cancellation);
  await expireLeases(notifications);
  assert.equal((await notifications.store.claim(10, 60_000)).length, 1);
  await notifications.store.markSent(first.id);
  assert.deepEqual(await statusesOf(notifications, orderId), [
    ['OrderCreated', 'SUPERSEDED'],
    ['OrderCancelled', 'PENDING'],
  ]);
});
