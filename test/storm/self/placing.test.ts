/** The checks of placed orders (I11 to I14): each finds a violation, and accepts a valid history. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderId } from '../../../specs/identity.ts';
import { exchange, order, OWNER, placedAs, refusal, STRANGER } from '../../support/fakes/storm-history.ts';
import { checkPlacing } from '../checks/placing.i11-i12-i13-i14.ts';
import type { OrderRow } from '../checks/rows.ts';
import { checkStaleRejections } from '../checks/stale-rejections.i11.ts';
import type { Exchange } from '../clients/history.ts';
import { createOrder } from '../clients/requests.ts';

const violated = (exchanges: Exchange[], orders: OrderRow[]): string[] => [
  ...new Set(checkPlacing(exchanges, { orders }).map(({ invariant }) => invariant)),
];

const key = randomUUID();
const keyed = order({ id: orderId(OWNER, key) });
const byVersion = createOrder(30, { ifMatch: 0 });
const byKey = createOrder(30, { key });

test('orders that match their acknowledgement or their unknown request are accepted', () => {
  const one = order();
  const two = order({ version: 2 });
  const three = order({ version: 3, status: 'FAILED', firstStatus: 'FAILED' });
  const exchanges = [
    exchange(byVersion, placedAs(one)),
    exchange(byVersion, refusal(409, 'stale-order-list')),
    exchange(createOrder(30, { ifMatch: 1 })),
    exchange(createOrder(30, { ifMatch: 2 }), refusal(409, 'insufficient-funds', { orderId: three.id })),
    exchange(createOrder(30, { ifMatch: 3 })),
  ];
  assert.deepEqual(violated(exchanges, [one, two, three]), []);
});

test('an acknowledged order that is missing, belongs to another buyer or differs is found', () => {
  const made = order();
  for (const orders of [[], [{ ...made, owner: STRANGER }], [{ ...made, price: 31 }], [{ ...made, version: 2 }]]) {
    assert.ok(violated([exchange(byVersion, placedAs(made))], orders).includes('I13'));
  }
});

test('an order answered as paid that failed, or answered as declined that succeeded, is found', () => {
  const [failed, paid] = [order({ status: 'FAILED', firstStatus: 'FAILED' }), order()];
  assert.deepEqual(violated([exchange(byVersion, placedAs(failed))], [failed]), ['I13']);
  assert.deepEqual(violated([exchange(byVersion, refusal(409, 'insufficient-funds', { orderId: paid.id }))], [paid]), [
    'I13',
  ]);
});

test('an order with an unexpected version, and two orders with one version, are found', () => {
  const [one, other] = [order({ version: 2 }), order({ version: 2 })];
  assert.deepEqual(violated([exchange(byVersion, placedAs(one))], [one]), ['I11']);
  const both = [
    exchange(createOrder(30, { ifMatch: 1 }), placedAs(one)),
    exchange(createOrder(30, { ifMatch: 1 }), placedAs(other)),
  ];
  assert.deepEqual(violated(both, [one, other]), ['I11']);
});

test('two orders under one key, and a key that serves a different request, are found', () => {
  const other = order({ version: 2 });
  assert.ok(
    violated([exchange(byKey, placedAs(keyed)), exchange(byKey, placedAs(other))], [keyed, other]).includes('I12'),
  );
  const reused = createOrder(31, { key });
  assert.ok(
    violated([exchange(byKey, placedAs(keyed)), exchange(reused, placedAs({ ...keyed, price: 31 }))], [keyed]).includes(
      'I12',
    ),
  );
  assert.deepEqual(
    violated([exchange(byKey, placedAs(keyed)), exchange(reused, refusal(422, 'key-reused'))], [keyed]),
    [],
  );
  assert.deepEqual(
    violated([exchange(byKey, placedAs(keyed)), exchange(reused, refusal(409, 'stale-order-list'))], [keyed]),
    ['I12'],
  );
  assert.deepEqual(
    violated([exchange(byKey, placedAs(keyed)), exchange(byKey, refusal(409, 'stale-order-list'))], [keyed]),
    ['I12'],
  );
});

test('an order that was never requested, and one whose requests were all rejected, are found', () => {
  assert.deepEqual(violated([], [order()]), ['I14']);
  assert.deepEqual(violated([exchange(byKey, refusal(409, 'stale-order-list'))], [keyed]), ['I14']);
  assert.deepEqual(violated([exchange(byVersion, refusal(409, 'stale-order-list'))], [order()]), ['I14']);
  assert.deepEqual(violated([exchange(byKey)], [keyed]), []);
  assert.deepEqual(violated([exchange(byVersion)], [order({ price: 31 })]), ['I14']);
});

test('a request rejected because of the order that its own copy made is found', () => {
  const request = createOrder(30, { ifMatch: 0, key });
  const stale = (latest: number) => ({ ...refusal(409, 'stale-order-list'), headers: { etag: `"${latest}"` } });
  const refusals = (response: ReturnType<typeof stale>, of = request) =>
    checkStaleRejections([exchange(request, placedAs(keyed)), exchange(of, response)], { orders: [keyed] }).map(
      ({ invariant }) => invariant,
    );
  assert.deepEqual(refusals(stale(1)), ['I11']);
  assert.deepEqual(refusals(stale(0)), [], 'the list version did not exist yet');
  assert.deepEqual(refusals(stale(1), createOrder(30, { ifMatch: 0 })), [], 'a request without the key');
  assert.deepEqual(refusals(stale(5), createOrder(30, { ifMatch: 3, key })), [], 'a different version');
});
