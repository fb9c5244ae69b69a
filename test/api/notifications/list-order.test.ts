/** In a buyer's list, an order's success comes before its cancellation, even if one topic lags. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { notificationOf, pairOf, startNotifications, type Notifications } from '../../support/kafka/notifications.ts';
import { asUser } from '../../support/requests/callers.ts';

let notifications: Notifications;
before(async () => {
  notifications = await startNotifications();
});
after(() => notifications.close());

const listed = async (userId: string, query = '') => {
  const { status, body, headers } = await notifications.ask('listNotifications', 'GET', `/notifications${query}`, {
    headers: asUser(userId),
  });
  assert.equal(status, 200);
  return {
    items: body.map(({ orderId, event, status: mail }: Record<string, string>) => [orderId, event, mail].join(' ')),
    ids: body.map(({ id }: { id: number }) => id) as number[],
    next: /^<\/notifications(\?[^>]+)>/.exec(headers.get('link') ?? '')?.[1],
  };
};

for (const late of ['first', 'cancellation'] as const) {
  test(`the list shows the cancellation of an order above its success, whose mail is SUPERSEDED, if the ${late} event is late`, async () => {
    const userId = randomUUID();
    const [older, newer] = [notificationOf(userId), notificationOf(userId)];
    const { orderId, first, cancellation } = pairOf({ userId });
    const between = late === 'first' ? [cancellation, first] : [first, cancellation];
    for (const each of [older, between[0]!, newer, between[1]!]) await notifications.store.record(each);
    const { items, ids } = await listed(userId);
    const pair = [`${orderId} OrderCancelled PENDING`, `${orderId} OrderCreated SUPERSEDED`];
    const other = `${newer.orderId} OrderCreated PENDING`;
    const last = `${older.orderId} OrderCreated PENDING`;
    // A late success takes the place before its cancellation; a late cancellation is the newest message.
    assert.deepEqual(items, late === 'first' ? [other, ...pair, last] : [pair[0], other, pair[1], last]);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => b - a),
    );

    const seen: string[] = [];
    for (let query: string | undefined = '?limit=1'; query;) {
      const page = await listed(userId, query);
      seen.push(...page.items);
      query = page.next;
    }
    assert.deepEqual(seen, items);
  });
}
