/** Notifications are recorded once, and only their buyer can read them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { notificationsApi } from '../../../api/notifications/app.ts';
import { messageOf, subjectOf } from '../../../api/notifications/messages.ts';
import { createNotificationStore } from '../../../api/notifications/store.ts';
import { openDatabase } from '../../../lib/database.ts';
import { resolveDocument } from '../../../lib/http/openapi.ts';
import type { OrderEventName } from '../../../specs/generated/order-events.ts';
import bundled from '../../../specs/generated/preferable/openapi.json' with { type: 'json' };
import { notificationOf, startNotifications, type Notifications } from '../../support/kafka/notifications.ts';
import { asService, asUser, trustingVerifier } from '../../support/requests/callers.ts';
import { createContractClient, outcomeOf } from '../../support/requests/contract-client.ts';
import { serveQuietly } from '../../support/shop/service.ts';

let notifications: Notifications;

before(async () => {
  notifications = await startNotifications();
});
after(() => notifications.close());

const list = (userId: string, query = '') =>
  notifications.ask('listNotifications', 'GET', `/notifications${query}`, { headers: asUser(userId) });

test('a buyer reads their notifications, newest first, and no one else can read them', async () => {
  const [userId, stranger] = [randomUUID(), randomUUID()];
  const recorded = [
    notificationOf(userId),
    notificationOf(userId, { eventName: 'OrderRejected' }),
    notificationOf(userId, { eventName: 'OrderCancelled' }),
  ];
  for (const each of recorded) await notifications.store.record(each);
  const { status, body } = await list(userId);
  assert.equal(status, 200);
  assert.deepEqual(
    body.map(({ id: _id, createdAt: _createdAt, ...rest }: Record<string, unknown>) => rest),
    recorded
      .toReversed()
      .map(({ orderId, eventName, message }) => ({ userId, orderId, event: eventName, message, status: 'PENDING' })),
  );
  assert.deepEqual((await list(stranger)).body, []);
  assert.deepEqual((await list(userId, `?userId=${userId}`)).body.length, 3);
});

test('pages follow each other without a gap, and the last one has no link to a next page', async () => {
  const userId = randomUUID();
  const recorded = Array.from({ length: 5 }, () => notificationOf(userId));
  for (const each of recorded) await notifications.store.record(each);
  assert.equal((await list(userId, '?limit=5')).headers.get('link'), null);
  const seen: string[] = [];
  let next: string | undefined = '?limit=2';
  while (next) {
    const { headers, body } = await list(userId, next);
    seen.push(...body.map(({ orderId }: { orderId: string }) => orderId));
    // A notification that is recorded now appears on none of the following pages.
    await notifications.store.record(notificationOf(userId));
    next = /^<\/notifications(\?[^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
  }
  assert.deepEqual(seen, recorded.map(({ orderId }) => orderId).toReversed());
});

test('the event of an order is recorded once, and the first record stays', async () => {
  const first = notificationOf(randomUUID());
  const results = await Promise.all(Array.from({ length: 10 }, () => notifications.store.record(first)));
  assert.equal(results.filter(Boolean).length, 1);
  assert.equal(
    await notifications.store.record({ ...first, id: randomUUID(), message: 'another' }),
    false,
    'the same event of the same order under another id',
  );
  assert.equal(
    await notifications.store.record({ ...notificationOf(first.userId), id: first.id }),
    false,
    'another order under the same event id',
  );
  const { body } = await list(first.userId);
  assert.deepEqual([body.length, body[0].message], [1, first.message]);
});

test('a message names the order, and gives the reason in plain words', () => {
  const orderId = randomUUID();
  const messages = [
    messageOf({ name: 'OrderCreated', orderId }),
    messageOf({ name: 'OrderRejected', orderId, reason: 'insufficient-funds' }),
    messageOf({ name: 'OrderRejected', orderId, reason: 'deadline' }),
    messageOf({ name: 'OrderCancelled', orderId }),
  ];
  assert.equal(new Set(messages).size, 4);
  for (const message of messages) assert.match(message, new RegExp(orderId));
  assert.match(messages[1]!, /could not be completed because your balance was too low/);
  assert.match(messages[2]!, /could not be completed because .* in time/);
});

test('the subject of a mail about an event of a newer release names the order', () => {
  const orderId = randomUUID();
  const subject = subjectOf({ eventName: 'OrderShipped' as OrderEventName, orderId });
  assert.equal(subject, `Your order ${orderId} has been updated`);
});

const refusals: ReadonlyArray<readonly [query: string, headers: Record<string, string>, refusal: string]> = [
  ['', {}, '401 unauthenticated'],
  ['', { authorization: 'Bearer forged' }, '401 unauthenticated'],
  ['', { 'x-user-id': randomUUID() }, '401 unauthenticated'],
  ['', asService('worker'), '403 forbidden'],
  [`?userId=${randomUUID()}`, asUser(randomUUID()), '403 not-your-account'],
  ['?userId=me', asUser(randomUUID()), '400 bad-request'],
  ['?limit=0', asUser(randomUUID()), '400 bad-request'],
  ['?limit=101', asUser(randomUUID()), '400 bad-request'],
  ['?limit=ten', asUser(randomUUID()), '400 bad-request'],
  ['?before=0', asUser(randomUUID()), '400 bad-request'],
  ['?before=9007199254740992', asUser(randomUUID()), '400 bad-request'],
  ['?offset=1', asUser(randomUUID()), '400 bad-request'],
];
for (const [query, headers, refusal] of refusals) {
  test(`GET /notifications${query.replace(/[\da-f-]{36}/, '<another>')} with ${Object.keys(headers).join() || 'no headers'} is refused: ${refusal}`, async () => {
    assert.equal(
      outcomeOf(await notifications.ask('listNotifications', 'GET', `/notifications${query}`, { headers })),
      refusal,
    );
  });
}

test('another method is answered 405 with the allowed methods', async () => {
  const { headers, ...answer } = await notifications.ask(undefined, 'DELETE', '/notifications', {
    headers: asUser(randomUUID()),
  });
  assert.deepEqual([outcomeOf({ headers, ...answer }), headers.get('allow')], ['405 method-not-allowed', 'GET, HEAD']);
});

test('without its database the service answers 503 with Retry-After', async () => {
  const unreachable = openDatabase('postgres://user@127.0.0.1:1/nothing');
  const api = notificationsApi({
    store: createNotificationStore(unreachable),
    document: await resolveDocument(bundled),
    verify: trustingVerifier,
  });
  const service = await serveQuietly('notifications', [api]);
  const { headers, ...answer } = await createContractClient(service.url)('listNotifications', 'GET', '/notifications', {
    headers: asUser(randomUUID()),
  });
  assert.deepEqual([outcomeOf({ headers, ...answer }), headers.get('retry-after')], ['503 unavailable', '1']);
  await service.close();
  await unreachable.close();
});
