/** Taking an order back over HTTP, over a real store and workflows that end as a test wants. Each answer is one that the contract has. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { outcomeOf } from './support/asking.ts';
import { asService, asUser } from './support/callers.ts';
import { buyer, orders, placed } from './support/ordering.ts';
import { declined, paid } from './support/orders.ts';

const cancel = (id: string) => orders.cancel(asUser(buyer), id);
const causeOf = async (id: string) =>
  (await orders.database.query('select cancel_cause from orders where id = $1', [id]))[0]?.['cancel_cause'];
/** What of an answer the cancellation decides. */
const told = ({ status, headers, body }: Awaited<ReturnType<typeof cancel>>) => [
  status,
  body.status,
  body.reason,
  headers.get('etag'),
];

for (const [what, ending] of [
  ['is in progress', undefined],
  ['has succeeded', paid],
] as const) {
  test(`an order that ${what} is cancelled, and stays so however often it is asked for`, async () => {
    const { id } = await placed(ending);
    const first = await cancel(id);
    assert.deepEqual(
      [...told(first), first.headers.get('idempotent-replayed')],
      [200, 'CANCELLED', 'buyer', '"1-CANCELLED"', null],
    );
    for (const caller of [asUser(buyer), asService('worker')]) {
      const again = await orders.cancel(caller, id);
      assert.deepEqual([again.status, again.body, again.headers.get('idempotent-replayed')], [200, first.body, 'true']);
    }
    assert.deepEqual((await orders.read(asUser(buyer), id)).body, first.body);
  });
}

test('a service cancels any order, for an operator', async () => {
  const { id } = await placed(paid);
  assert.deepEqual(told(await orders.cancel(asService('worker'), id)), [200, 'CANCELLED', 'operator', '"1-CANCELLED"']);
});

test('the first who asks is the one who did it', async () => {
  const { id } = await placed(paid);
  orders.endCancellations(undefined);
  await cancel(id);
  await orders.cancel(asService('worker'), id);
  assert.equal(await causeOf(id), 'buyer');
});

test('an order that has failed cannot be cancelled, and says why it failed', async () => {
  const { id } = await placed(declined);
  const refused = await cancel(id);
  assert.deepEqual(
    [outcomeOf(refused), refused.body.orderId, refused.body.reason, await causeOf(id)],
    ['409 not-cancellable', id, 'insufficient-funds', null],
  );
});

test('an order that billing has declined at this moment cannot be cancelled either', async () => {
  const { id } = await placed(undefined);
  orders.endCancellations('declined before');
  assert.equal(outcomeOf(await cancel(id)), '409 not-cancellable');
});

for (const [what, ending, status] of [
  ['in progress', undefined, 'IN_PROGRESS'],
  ['that has succeeded', paid, 'SUCCESS'],
] as const) {
  test(`a cancellation of an order ${what} that takes long is written down, and is said to be under way`, async () => {
    const { id } = await placed(ending);
    orders.endCancellations(undefined);
    const slow = await cancel(id);
    assert.deepEqual([...told(slow), await causeOf(id)], [202, status, undefined, `"1-${status}"`, 'buyer']);
    assert.deepEqual([slow.headers.get('location'), slow.headers.get('retry-after')], [`/orders/${id}`, '2']);
    orders.endCancellations('cancelled');
    assert.deepEqual(told(await cancel(id)), [200, 'CANCELLED', 'buyer', '"1-CANCELLED"']);
  });
}

test('of two who ask for a cancellation the first is the reason for it', async () => {
  const { id } = await placed(paid);
  orders.endCancellations(undefined);
  await orders.cancel(asService('worker'), id);
  orders.endCancellations('cancelled');
  assert.deepEqual(told(await cancel(id)), [200, 'CANCELLED', 'operator', '"1-CANCELLED"']);
});

test('an order whose row has forgotten its cancellation is cancelled again, and not said to be before it is', async () => {
  const { id } = await placed(paid);
  orders.endCancellations('ended long ago');
  assert.deepEqual(told(await cancel(id)), [202, 'SUCCESS', undefined, '"1-SUCCESS"']);
  assert.deepEqual(orders.cancelledAgain, [id]);
});

test("another buyer's order and one that does not exist answer alike, and are not cancelled", async () => {
  const { id } = await placed(paid);
  const stranger = asUser(randomUUID());
  for (const each of [id, randomUUID(), 'x', '%00']) {
    const answer = await orders.cancel(stranger, each);
    assert.deepEqual([outcomeOf(answer), answer.body.detail], ['404 no-such-order', 'You have no order with this id']);
  }
  assert.deepEqual([await causeOf(id), outcomeOf(await orders.cancel({}, id))], [null, '401 unauthenticated']);
});

test('a repeat of the request that placed it says how it ended first, and shows how it stands', async () => {
  const [succeeded, open] = [await placed(paid), await placed(undefined)];
  await cancel(succeeded.id);
  await cancel(open.id);
  const [first, second] = [await orders.place(buyer, succeeded.headers), await orders.place(buyer, open.headers)];
  assert.deepEqual([first.status, first.body.status, first.body.reason], [201, 'CANCELLED', 'buyer']);
  assert.deepEqual(
    [outcomeOf(second), second.body.orderId, second.body.reason],
    ['409 order-cancelled', open.id, 'buyer'],
  );
  for (const { headers } of [first, second]) assert.equal(headers.get('idempotent-replayed'), 'true');
});
