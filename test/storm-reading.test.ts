/** What a storm finds wrong with what was read from Kafka, and from an order's events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenReading } from './storm/checks/reading.ts';
import { brokenReads } from './storm/checks/reads.ts';
import * as requests from './storm/clients/requests.ts';
import { exchange, order, placedAs, refusal } from './support/storm-history.ts';

const ORDER = 'b0a1c2d3-0000-4000-8000-000000000001';

test('what is counted as read has been told', async () => {
  const read = async () => [{ order: ORDER, event: 'OrderCreated', place: 'order-service.OrderCreated 0 5' as const }];
  const rowsOf = (name: string) => ({ notifications: async () => [{ name }] as never });
  assert.deepEqual(await brokenReading({ read }, rowsOf(`${ORDER} OrderCreated`)), []);
  assert.deepEqual(
    (await brokenReading({ read }, rowsOf(`${ORDER} OrderRejected`))).map(({ invariant }) => invariant),
    ['I15'],
  );
});

test('the events of an order tell where it stands, and come to an end with it', () => {
  const placed = order({ status: 'CANCELLED' });
  const told = (...statuses: string[]) =>
    exchange(requests.orderEvents(placed.id), { body: statuses.map((status) => ({ ...placed, status })) });
  const write = exchange(requests.createOrder(30, { key: 'a' }), placedAs(placed));
  const of = (...exchanges: ReturnType<typeof exchange>[]) =>
    brokenReads(exchanges, { orders: [placed] }).map(({ invariant }) => invariant);
  for (const sound of [
    told('IN_PROGRESS', 'SUCCESS'),
    told('IN_PROGRESS', 'CANCELLED'),
    told('IN_PROGRESS', 'SUCCESS', 'CANCELLED'),
    told('SUCCESS'),
    exchange(requests.orderEvents(placed.id)),
  ])
    assert.deepEqual(of(sound), []);
  for (const bad of [
    told(),
    told('IN_PROGRESS'),
    told('SUCCESS', 'CANCELLED'),
    told('IN_PROGRESS', 'FAILED'),
    told('IN_PROGRESS', 'IN_PROGRESS', 'SUCCESS'),
  ])
    assert.ok(of(bad).includes('I13'));
  assert.deepEqual(of(write, told('SUCCESS')), []);
  for (const late of [
    told('IN_PROGRESS', 'SUCCESS'),
    exchange(requests.orderEvents(placed.id), refusal(404, 'no-such-order')),
  ])
    assert.deepEqual(of(write, late), ['I13']);
});
