/** A refused request does not use up its idempotency key. Only an order's row records that a key is used. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { fingerprintOf } from '../../../api/orders/order.ts';
import { asService } from '../../support/requests/callers.ts';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { buyer, orders } from '../../support/shop/ordering.ts';
import { declined, newKey, paid } from '../../support/shop/orders.ts';

const refusals: { outcome: string; headers?: Record<string, string>; body?: unknown }[] = [
  { outcome: '400 bad-request', body: { price: 0 } },
  { outcome: '400 bad-request', headers: { 'if-match': 'x' } },
  { outcome: '401 unauthenticated', headers: { authorization: '' } },
  { outcome: '403 forbidden', headers: asService('worker') },
  { outcome: '403 not-your-account', body: { price: 5, userId: randomUUID() } },
  { outcome: '409 stale-order-list', headers: { 'if-match': '1' } },
  { outcome: '413 payload-too-large', body: { price: 5, pad: 'x'.repeat(17_000) } },
  { outcome: '415 unsupported-media-type', headers: { 'content-type': 'text/plain' }, body: '{"price":5}' },
];

for (const { outcome, headers = {}, body } of refusals) {
  test(`a key of a request refused with ${outcome}${headers['if-match'] ? ' because of its version' : ''} can be used for the corrected request`, async () => {
    const key = newKey();
    assert.equal(outcomeOf(await orders.place(buyer, { 'if-match': '0', ...key, ...headers }, body)), outcome);
    const placed = await orders.place(buyer, { 'if-match': '0', ...key });
    assert.deepEqual([placed.status, placed.headers.get('idempotent-replayed'), placed.body.version], [201, null, 1]);
  });
}

/** The order in which faults are checked. Each request has its own fault and all the faults of the rows below. */
const checkOrder: [fault: string, outcome: string, headers: Record<string, string>, body: unknown][] = [
  [
    'no token',
    '401 unauthenticated',
    { authorization: '', 'content-type': 'text/plain' },
    `{"price":0,"pad":"${'x'.repeat(17_000)}"}`,
  ],
  [
    'a caller who may not order',
    '403 forbidden',
    { ...asService('worker'), 'content-type': 'text/plain' },
    `{"price":0,"pad":"${'x'.repeat(17_000)}"}`,
  ],
  [
    'a wrong content type',
    '415 unsupported-media-type',
    { 'content-type': 'text/plain' },
    `{"price":0,"pad":"${'x'.repeat(17_000)}"}`,
  ],
  ['a body that is too large', '413 payload-too-large', {}, { price: 0, pad: 'x'.repeat(17_000) }],
  ['an invalid body', '400 bad-request', {}, { price: 0 }],
  ['a reused key', '422 key-reused', {}, { price: 6 }],
];
for (const [fault, outcome, headers, body] of checkOrder) {
  test(`a request with ${fault} and every fault that is checked later is refused with ${outcome}`, async () => {
    const key = newKey();
    await orders.place(buyer, { 'if-match': '0', ...key });
    assert.equal(outcomeOf(await orders.place(buyer, { 'if-match': '7', ...key, ...headers }, body)), outcome);
  });
}

test('a repeat is not refused as stale because of its own order', async () => {
  const key = newKey();
  const first = await orders.place(buyer, { 'if-match': '0', ...key });
  const again = await orders.place(buyer, { 'if-match': '0', ...key });
  assert.deepEqual([again.status, again.body], [201, first.body]);
  assert.equal(outcomeOf(await orders.place(buyer, { 'if-match': '0', ...newKey() })), '409 stale-order-list');
});

for (const [what, ending, outcome] of [
  ['paid', paid, '201'],
  ['declined', declined, '409 insufficient-funds'],
] as const) {
  test(`a repeat of an order that was ${what} is answered from the row, without asking its workflow`, async () => {
    orders.setOutcome(ending);
    const key = newKey();
    await orders.place(buyer, key);
    orders.outcomeRequests.length = 0;
    // From here on the fake workflow has no outcome to return.
    orders.setOutcome(undefined);
    const again = await orders.place(buyer, key);
    assert.deepEqual(
      [outcomeOf(again), again.headers.get('idempotent-replayed'), orders.outcomeRequests],
      [outcome, 'true', []],
    );
  });
}

test('a repeat of a request whose order was lost and restored is answered with that order', async () => {
  const key = newKey();
  const { body } = await orders.place(buyer, key);
  const lost = (await orders.store.find(body.id))!;
  await orders.database.query('delete from orders where id = $1', [body.id]);
  assert.equal((await orders.store.restore({ ...lost, fingerprint: fingerprintOf(5) }))?.id, body.id);
  for (const headers of [key, { ...key, 'if-match': '0' }]) {
    const again = await orders.place(buyer, headers);
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed'), again.body.id], [201, 'true', body.id]);
  }
  assert.equal(outcomeOf(await orders.place(buyer, key, { price: 6 })), '422 key-reused');
});

test('every request without a key places a separate order', async () => {
  const [first, second] = [
    await orders.place(buyer, { 'if-match': '0' }),
    await orders.place(buyer, { 'if-match': '1' }),
  ];
  assert.deepEqual([first.status, second.status, first.body.id === second.body.id], [201, 201, false]);
});

test('a body of 16 KiB is read, and one that is a byte larger is refused', async () => {
  const body = (bytes: number) => '{"price":0}'.padEnd(bytes);
  assert.equal(outcomeOf(await orders.place(buyer, newKey(), body(16 * 1024))), '400 bad-request');
  assert.equal(outcomeOf(await orders.place(buyer, newKey(), body(16 * 1024 + 1))), '413 payload-too-large');
});
