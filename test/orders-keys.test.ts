/** What an order's key is good for: it is not used up by a refusal, it is looked at in its turn, and it is remembered by nothing but the row. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { fingerprintOf } from '../api/orders/routes.ts';
import { outcomeOf } from './support/asking.ts';
import { asService } from './support/callers.ts';
import { buyer, orders } from './support/ordering.ts';
import { declined, newKey, paid } from './support/orders.ts';

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
  test(`a key that came with a request that was refused as ${outcome}${headers['if-match'] ? ', for its version,' : ''} is good for the order, put right`, async () => {
    const key = newKey();
    assert.equal(outcomeOf(await orders.place(buyer, { 'if-match': '0', ...key, ...headers }, body)), outcome);
    const placed = await orders.place(buyer, { 'if-match': '0', ...key });
    assert.deepEqual([placed.status, placed.headers.get('idempotent-replayed'), placed.body.version], [201, null, 1]);
  });
}

/** Each is wrong in all that the ones after it are wrong in, and in one thing more. */
const order: [wrongIn: string, outcome: string, headers: Record<string, string>, body: unknown][] = [
  [
    'who asks',
    '401 unauthenticated',
    { authorization: '', 'content-type': 'text/plain' },
    `{"price":0,"pad":"${'x'.repeat(17_000)}"}`,
  ],
  [
    'who may ask',
    '403 forbidden',
    { ...asService('worker'), 'content-type': 'text/plain' },
    `{"price":0,"pad":"${'x'.repeat(17_000)}"}`,
  ],
  [
    'its type',
    '415 unsupported-media-type',
    { 'content-type': 'text/plain' },
    `{"price":0,"pad":"${'x'.repeat(17_000)}"}`,
  ],
  ['its size', '413 payload-too-large', {}, { price: 0, pad: 'x'.repeat(17_000) }],
  ['its schema', '400 bad-request', {}, { price: 0 }],
  ['its key', '422 key-reused', {}, { price: 6 }],
];
for (const [wrongIn, outcome, headers, body] of order) {
  test(`a request that is wrong in ${wrongIn}, and in all that is looked at later, is refused for that: ${outcome}`, async () => {
    const key = newKey();
    await orders.place(buyer, { 'if-match': '0', ...key });
    assert.equal(outcomeOf(await orders.place(buyer, { 'if-match': '7', ...key, ...headers }, body)), outcome);
  });
}

test('a repeat is not told that its own order made the list stale', async () => {
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
  test(`a repeat of an order that was ${what} is answered by the row alone, however long ago its workflow was forgotten`, async () => {
    orders.end(ending);
    const key = newKey();
    await orders.place(buyer, key);
    orders.asked.length = 0;
    // A workflow that is asked again would not know.
    orders.end(undefined);
    const again = await orders.place(buyer, key);
    assert.deepEqual([outcomeOf(again), again.headers.get('idempotent-replayed'), orders.asked], [outcome, 'true', []]);
  });
}

test('the repeat of a request whose order was lost, and written again, is answered with that order', async () => {
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

test('of a request without a key each one is an order of its own', async () => {
  const [first, second] = [
    await orders.place(buyer, { 'if-match': '0' }),
    await orders.place(buyer, { 'if-match': '1' }),
  ];
  assert.deepEqual([first.status, second.status, first.body.id === second.body.id], [201, 201, false]);
});

test('a body of 16 KiB is read, and one of a byte more is not', async () => {
  const body = (bytes: number) => '{"price":0}'.padEnd(bytes);
  assert.equal(outcomeOf(await orders.place(buyer, newKey(), body(16 * 1024))), '400 bad-request');
  assert.equal(outcomeOf(await orders.place(buyer, newKey(), body(16 * 1024 + 1))), '413 payload-too-large');
});
