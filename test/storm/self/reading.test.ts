/** The checks of consumed Kafka events (I15) and of an order's event stream (I13). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, order, placedAs, refusal } from '../../support/fakes/storm-history.ts';
import { checkConsumedEvents } from '../checks/consumed-events.i15.ts';
import { checkReads } from '../checks/reads.i13.ts';
import * as requests from '../clients/requests.ts';

const ORDER = 'b0a1c2d3-0000-4000-8000-000000000001';

test('a committed event without a notification is found', async () => {
  const consumed = async () => [
    { order: ORDER, event: 'OrderCreated', place: 'order-service.OrderCreated 0 5' as const },
  ];
  const rowsOf = (name: string) => ({ notifications: async () => [{ name }] as never });
  assert.deepEqual(await checkConsumedEvents({ consumed }, rowsOf(`${ORDER} OrderCreated`)), []);
  assert.deepEqual(
    (await checkConsumedEvents({ consumed }, rowsOf(`${ORDER} OrderRejected`))).map(({ invariant }) => invariant),
    ['I15'],
  );
});

test('an event stream shows the order as it is and ends only once the order is final', () => {
  const placed = order({ status: 'CANCELLED' });
  const stream = (...statuses: string[]) =>
    exchange(requests.orderEvents(placed.id), { body: statuses.map((status) => ({ ...placed, status })) });
  const write = exchange(requests.createOrder(30, { key: 'a' }), placedAs(placed));
  const of = (...exchanges: ReturnType<typeof exchange>[]) =>
    checkReads(exchanges, { orders: [placed] }).map(({ invariant }) => invariant);
  for (const valid of [
    stream('IN_PROGRESS', 'SUCCESS'),
    stream('IN_PROGRESS', 'CANCELLED'),
    stream('IN_PROGRESS', 'SUCCESS', 'CANCELLED'),
    stream('SUCCESS'),
    exchange(requests.orderEvents(placed.id)),
  ])
    assert.deepEqual(of(valid), []);
  for (const bad of [
    stream(),
    stream('IN_PROGRESS'),
    stream('SUCCESS', 'CANCELLED'),
    stream('IN_PROGRESS', 'FAILED'),
    stream('IN_PROGRESS', 'IN_PROGRESS', 'SUCCESS'),
  ])
    assert.ok(of(bad).includes('I13'));
  assert.deepEqual(of(write, stream('SUCCESS')), []);
  for (const late of [
    stream('IN_PROGRESS', 'SUCCESS'),
    exchange(requests.orderEvents(placed.id), refusal(404, 'no-such-order')),
  ])
    assert.deepEqual(of(write, late), ['I13']);
});
