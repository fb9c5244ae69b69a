/** Answers of `PUT /orders/{id}/cancellation`, with fake workflows. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { asService, asUser } from '../../support/requests/callers.ts';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { buyer, orders, placed } from '../../support/shop/ordering.ts';
import { declined, paid } from '../../support/shop/orders.ts';

const cancel = (id: string) => orders.cancel(asUser(buyer), id);
const causeOf = async (id: string) =>
  (await orders.database.query('select cancel_cause from orders where id = $1', [id]))[0]?.['cancel_cause'];
const summaryOf = ({ status, headers, body }: Awaited<ReturnType<typeof cancel>>) => [
  status,
  body.status,
  body.reason,
  headers.get('etag'),
];

for (const [what, ending] of [
  ['is in progress', undefined],
  ['has succeeded', paid],
] as const) {
  test(`an order that ${what} can be cancelled, and repeated requests get the same answer`, async () => {
    const { id } = await placed(ending);
    const first = await cancel(id);
    assert.deepEqual(
      [...summaryOf(first), first.headers.get('idempotent-replayed')],
      [200, 'CANCELLED', 'buyer', '"1-CANCELLED"', null],
    );
    for (const caller of [asUser(buyer), asService('worker')]) {
      const again = await orders.cancel(caller, id);
      assert.deepEqual([again.status, again.body, again.headers.get('idempotent-replayed')], [200, first.body, 'true']);
    }
    assert.deepEqual((await orders.read(asUser(buyer), id)).body, first.body);
  });
}

test('a service can cancel any order, with the operator as the cause', async () => {
  const { id } = await placed(paid);
  assert.deepEqual(summaryOf(await orders.cancel(asService('worker'), id)), [
    200,
    'CANCELLED',
    'operator',
    '"1-CANCELLED"',
  ]);
});

test('if a service repeats a cancellation by the buyer, the recorded cause stays the buyer', async () => {
  const { id } = await placed(paid);
  orders.setCancellationOutcome(undefined);
  await cancel(id);
  await orders.cancel(asService('worker'), id);
  assert.equal(await causeOf(id), 'buyer');
});

test('a failed order cannot be cancelled, and the refusal says why it failed', async () => {
  const { id } = await placed(declined);
  const refused = await cancel(id);
  assert.deepEqual(
    [outcomeOf(refused), refused.body.orderId, refused.body.reason, await causeOf(id)],
    ['409 not-cancellable', id, 'insufficient-funds', null],
  );
});

test('an order whose charge billing has just declined cannot be cancelled', async () => {
  const { id } = await placed(undefined);
  orders.setCancellationOutcome('declined before');
  assert.equal(outcomeOf(await cancel(id)), '409 not-cancellable');
});

for (const [what, ending, status] of [
  ['in progress', undefined, 'IN_PROGRESS'],
  ['that has succeeded', paid, 'SUCCESS'],
] as const) {
  test(`a slow cancellation of an order ${what} is recorded and answered 202`, async () => {
    const { id } = await placed(ending);
    orders.setCancellationOutcome(undefined);
    const slow = await cancel(id);
    assert.deepEqual([...summaryOf(slow), await causeOf(id)], [202, status, undefined, `"1-${status}"`, 'buyer']);
    assert.deepEqual([slow.headers.get('location'), slow.headers.get('retry-after')], [`/orders/${id}`, '2']);
    orders.setCancellationOutcome('cancelled');
    assert.deepEqual(summaryOf(await cancel(id)), [200, 'CANCELLED', 'buyer', '"1-CANCELLED"']);
  });
}

test('if the buyer repeats a cancellation by a service, the cause stays the operator', async () => {
  const { id } = await placed(paid);
  orders.setCancellationOutcome(undefined);
  await orders.cancel(asService('worker'), id);
  orders.setCancellationOutcome('cancelled');
  assert.deepEqual(summaryOf(await cancel(id)), [200, 'CANCELLED', 'operator', '"1-CANCELLED"']);
});

test('if the row has lost a finished cancellation, the cancellation is started again and answered 202', async () => {
  const { id } = await placed(paid);
  orders.setCancellationOutcome('ended long ago');
  assert.deepEqual(summaryOf(await cancel(id)), [202, 'SUCCESS', undefined, '"1-SUCCESS"']);
  assert.deepEqual(orders.restartedCancellations, [id]);
});

test("cancelling another buyer's order is answered like an unknown order and changes nothing", async () => {
  const { id } = await placed(paid);
  const stranger = asUser(randomUUID());
  for (const each of [id, randomUUID(), 'x']) {
    const answer = await orders.cancel(stranger, each);
    assert.deepEqual([outcomeOf(answer), answer.body.detail], ['404 no-such-order', 'You have no order with this id']);
  }
  assert.deepEqual([await causeOf(id), outcomeOf(await orders.cancel({}, id))], [null, '401 unauthenticated']);
});

test('a repeat of the placing request has the status code of the first result and shows the current status', async () => {
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
