/** Answers of `POST /orders`, with fake workflows. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { asUser } from '../../support/requests/callers.ts';
import { createContractClient, outcomeOf } from '../../support/requests/contract-client.ts';
import { buyer, orders } from '../../support/shop/ordering.ts';
import { declined, newKey, paid, type Ending, type Orders } from '../../support/shop/orders.ts';

const summaryOf = ({ status, kind, headers, body }: Awaited<ReturnType<Orders['place']>>) => ({
  status,
  kind,
  etag: headers.get('etag'),
  location: headers.get('location'),
  replayed: headers.get('idempotent-replayed'),
  retryAfter: headers.get('retry-after'),
  orderId: kind ? body.orderId : body.id,
  reason: body.reason,
});

test('a paid order is answered with its location and its version', async () => {
  const { status, headers, body } = await orders.place(
    buyer,
    { 'if-match': '"0"' },
    { price: 9007199254740991, userId: buyer.toUpperCase() },
  );
  assert.deepEqual([status, headers.get('etag'), headers.get('location')], [201, '"1"', `/orders/${body.id}`]);
  assert.deepEqual(body, {
    id: body.id,
    userId: buyer,
    price: 9007199254740991,
    version: 1,
    status: 'SUCCESS',
    createdAt: body.createdAt,
  });
});

const endings: { what: string; ending: Ending; status: number; kind?: string; retryAfter?: string }[] = [
  { what: 'paid', ending: paid, status: 201 },
  { what: 'declined', ending: declined, status: 409, kind: 'insufficient-funds' },
  {
    what: 'failed at its deadline',
    ending: { status: 'FAILED', reason: 'deadline' },
    status: 409,
    kind: 'order-failed',
  },
  {
    what: 'cancelled by its buyer',
    ending: { status: 'CANCELLED', reason: 'buyer' },
    status: 409,
    kind: 'order-cancelled',
  },
  {
    what: 'cancelled by an operator',
    ending: { status: 'CANCELLED', reason: 'operator' },
    status: 409,
    kind: 'order-cancelled',
  },
  { what: 'still in progress', ending: undefined, status: 202, retryAfter: '2' },
];

for (const { what, ending, status, kind, retryAfter = null } of endings) {
  test(`an order that is ${what} is answered ${status}, a repeat is answered the same, and the list has its version`, async () => {
    orders.setOutcome(ending);
    const key = newKey();
    const first = summaryOf(await orders.place(buyer, { 'if-match': '0', ...key }));
    const expected = {
      status,
      kind,
      etag: '"1"',
      location: `/orders/${first.orderId}`,
      replayed: null,
      retryAfter,
      orderId: first.orderId,
      reason: ending?.reason ?? undefined,
    };
    assert.deepEqual(first, expected);
    assert.deepEqual(summaryOf(await orders.place(buyer, { 'if-match': '0', ...key })), {
      ...expected,
      replayed: 'true',
    });
    assert.equal((await orders.list(buyer)).headers.get('etag'), '"1"');
    const { body } = await orders.read(asUser(buyer), first.orderId);
    assert.deepEqual([body.status, body.reason], [ending?.status ?? 'IN_PROGRESS', ending?.reason ?? undefined]);
  });
}

test('a repeat of a request that was answered 202 is answered with the final result', async () => {
  orders.setOutcome(undefined);
  const key = newKey();
  const open = await orders.place(buyer, key);
  orders.setOutcome(paid);
  const again = await orders.place(buyer, key);
  assert.deepEqual(
    [open.status, again.status, again.body, again.headers.get('idempotent-replayed')],
    [202, 201, { ...open.body, status: 'SUCCESS' }, 'true'],
  );
});

test("if a workflow's outcome does not arrive in time, the answer shows the row's status", async () => {
  const overtaken = {
    ...orders.store,
    place: async (request: Parameters<typeof orders.store.place>[0]) => {
      const placed = await orders.store.place(request);
      await orders.store.settle(request.id, 'SUCCESS', null);
      return placed;
    },
  };
  orders.setOutcome(undefined);
  const service = await orders.serve(overtaken);
  const { status, body } = await createContractClient(service.url)('createOrder', 'POST', '/orders', {
    headers: { ...asUser(buyer), 'if-match': '0' },
    body: { price: 5 },
  });
  await service.close();
  assert.deepEqual([status, body.status], [201, 'SUCCESS']);
});

test('a version that a compressing proxy has made weak is the same version', async () => {
  assert.equal((await orders.place(buyer, { 'if-match': 'W/"0"' })).status, 201);
  const stale = summaryOf(await orders.place(buyer, { 'if-match': 'W/"0"' }));
  assert.deepEqual([stale.kind, stale.etag], ['stale-order-list', '"1"']);
  assert.equal((await orders.place(buyer, { 'if-match': 'W/"1"' })).status, 201);
});

test('a stale version places no order, and the answer names the current version', async () => {
  for (const [version, latest] of [
    [1, 0],
    [2147483646, 0],
  ] as const) {
    const stale = summaryOf(await orders.place(buyer, { 'if-match': String(version) }));
    assert.deepEqual([stale.kind, stale.etag, stale.location], ['stale-order-list', `"${latest}"`, null]);
  }
  await orders.place(buyer, { 'if-match': '0' });
  const key = newKey();
  assert.deepEqual(summaryOf(await orders.place(buyer, { 'if-match': '0', ...key })).etag, '"1"');
  // The refusal as stale did not use up the key.
  assert.equal((await orders.place(buyer, { 'if-match': '1', ...key }, { price: 6 })).status, 201);
});

test('a key of another order is refused, and the key is checked before the version', async () => {
  const key = newKey();
  const first = await orders.place(buyer, { 'if-match': '0', ...key });
  for (const ifMatch of ['0', '1', '7', '*'])
    assert.equal(outcomeOf(await orders.place(buyer, { 'if-match': ifMatch, ...key }, { price: 6 })), '422 key-reused');
  assert.deepEqual((await orders.list(buyer)).body, [first.body]);
});

test('two buyers may use the same key', async () => {
  const key = newKey();
  const [one, other] = [await orders.place(buyer, key), await orders.place(randomUUID(), key)];
  assert.deepEqual(
    [other.status, other.headers.get('idempotent-replayed'), one.body.id === other.body.id],
    [201, null, false],
  );
});

test('the caller is taken from the token, not from other headers', async () => {
  const other = randomUUID();
  const { body } = await orders.place(buyer, { 'if-match': '0', 'x-user-id': other, 'x-forwarded-user': other });
  assert.deepEqual([body.userId, (await orders.list(other)).body], [buyer, []]);
});
