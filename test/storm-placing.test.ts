/** What a storm finds wrong with a history of placed orders: each rule is seen to be broken once, and to hold. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { orderId } from '../specs/identity.ts';
import type { OrderRow } from './storm/checks/books.ts';
import { brokenPlacing } from './storm/checks/placed.ts';
import { brokenRefusals } from './storm/checks/refused.ts';
import type { Exchange } from './storm/clients/history.ts';
import { createOrder } from './storm/clients/requests.ts';
import { exchange, order, OWNER, placedAs, refusal, STRANGER } from './support/storm-history.ts';

/** Which invariants are found to be broken. */
const broken = (exchanges: Exchange[], orders: OrderRow[]): string[] => [
  ...new Set(brokenPlacing(exchanges, { orders }).map(({ invariant }) => invariant)),
];

const key = randomUUID();
const keyed = order({ id: orderId(OWNER, key) });
const byVersion = createOrder(30, { ifMatch: 0 });
const byKey = createOrder(30, { key });

test('nothing is wrong with orders that are there as they were acknowledged, or were never heard of', () => {
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
  assert.deepEqual(broken(exchanges, [one, two, three]), []);
});

test('an order that was acknowledged and is not there, is another’s, or another one, is found', () => {
  const made = order();
  for (const orders of [[], [{ ...made, owner: STRANGER }], [{ ...made, price: 31 }], [{ ...made, version: 2 }]]) {
    assert.ok(broken([exchange(byVersion, placedAs(made))], orders).includes('I13'));
  }
});

test('an order that was answered as paid and failed, or as declined and succeeded, is found', () => {
  const [failed, paid] = [order({ status: 'FAILED', firstStatus: 'FAILED' }), order()];
  assert.deepEqual(broken([exchange(byVersion, placedAs(failed))], [failed]), ['I13']);
  assert.deepEqual(broken([exchange(byVersion, refusal(409, 'insufficient-funds', { orderId: paid.id }))], [paid]), [
    'I13',
  ]);
});

test('an order at another version than its request named, and two at one version, are found', () => {
  const [one, other] = [order({ version: 2 }), order({ version: 2 })];
  assert.deepEqual(broken([exchange(byVersion, placedAs(one))], [one]), ['I11']);
  const both = [
    exchange(createOrder(30, { ifMatch: 1 }), placedAs(one)),
    exchange(createOrder(30, { ifMatch: 1 }), placedAs(other)),
  ];
  assert.deepEqual(broken(both, [one, other]), ['I11']);
});

test('two orders under one key, and a key that serves another request, are found', () => {
  const other = order({ version: 2 });
  assert.ok(
    broken([exchange(byKey, placedAs(keyed)), exchange(byKey, placedAs(other))], [keyed, other]).includes('I12'),
  );
  const reused = createOrder(31, { key });
  assert.ok(
    broken([exchange(byKey, placedAs(keyed)), exchange(reused, placedAs({ ...keyed, price: 31 }))], [keyed]).includes(
      'I12',
    ),
  );
  assert.deepEqual(
    broken([exchange(byKey, placedAs(keyed)), exchange(reused, refusal(422, 'key-reused'))], [keyed]),
    [],
  );
  assert.deepEqual(
    broken([exchange(byKey, placedAs(keyed)), exchange(reused, refusal(409, 'stale-order-list'))], [keyed]),
    ['I12'],
  );
  assert.deepEqual(
    broken([exchange(byKey, placedAs(keyed)), exchange(byKey, refusal(409, 'stale-order-list'))], [keyed]),
    ['I12'],
  );
});

test('an order that nobody asked for, and one whose every request was refused, are found', () => {
  assert.deepEqual(broken([], [order()]), ['I14']);
  assert.deepEqual(broken([exchange(byKey, refusal(409, 'stale-order-list'))], [keyed]), ['I14']);
  assert.deepEqual(broken([exchange(byVersion, refusal(409, 'stale-order-list'))], [order()]), ['I14']);
  assert.deepEqual(broken([exchange(byKey)], [keyed]), []);
  assert.deepEqual(broken([exchange(byVersion)], [order({ price: 31 })]), ['I14']);
});

test('a copy of a request that is refused because of the order that the request made is found', () => {
  const asked = createOrder(30, { ifMatch: 0, key });
  const stale = (latest: number) => ({ ...refusal(409, 'stale-order-list'), headers: { etag: `"${latest}"` } });
  const refusals = (answer: ReturnType<typeof stale>, of = asked) =>
    brokenRefusals([exchange(asked, placedAs(keyed)), exchange(of, answer)], { orders: [keyed] }).map(
      ({ invariant }) => invariant,
    );
  assert.deepEqual(refusals(stale(1)), ['I11']);
  assert.deepEqual(refusals(stale(0)), [], 'the list was not there yet');
  assert.deepEqual(refusals(stale(1), createOrder(30, { ifMatch: 0 })), [], 'another request');
  assert.deepEqual(refusals(stale(5), createOrder(30, { ifMatch: 3, key })), [], 'another version');
});
