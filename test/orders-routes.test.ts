/** What the order service answers, over a real store and workflows that end as a test wants. Each answer is one that the contract has. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createOrderStore } from '../api/orders/store.ts';
import { openDatabase } from '../lib/database.ts';
import { createAsk, outcomeOf } from './support/asking.ts';
import { asService, asUser } from './support/callers.ts';
import { buyer, orders } from './support/ordering.ts';
import { declined, newKey, paid, type Ending, type Orders } from './support/orders.ts';

/** What of an answer the order decides. */
const told = ({ status, kind, headers, body }: Awaited<ReturnType<Orders['place']>>) => ({
  status,
  kind,
  etag: headers.get('etag'),
  location: headers.get('location'),
  replayed: headers.get('idempotent-replayed'),
  retryAfter: headers.get('retry-after'),
  orderId: kind ? body.orderId : body.id,
  reason: body.reason,
});

test('an order that is paid is answered with where it is and which version it made', async () => {
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
    what: 'failed by its deadline',
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
  { what: 'not known in time', ending: undefined, status: 202, retryAfter: '2' },
];

for (const { what, ending, status, kind, retryAfter = null } of endings) {
  test(`an order that is ${what} is answered ${status}, again when it is sent again, and the list is at its version`, async () => {
    orders.end(ending);
    const key = newKey();
    const first = told(await orders.place(buyer, { 'if-match': '0', ...key }));
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
    assert.deepEqual(told(await orders.place(buyer, { 'if-match': '0', ...key })), { ...expected, replayed: 'true' });
    assert.equal((await orders.list(buyer)).headers.get('etag'), '"1"');
    const { body } = await orders.read(asUser(buyer), first.orderId);
    assert.deepEqual([body.status, body.reason], [ending?.status ?? 'IN_PROGRESS', ending?.reason ?? undefined]);
  });
}

test('a repeat of an order that was not known in time is answered with what became of it since', async () => {
  orders.end(undefined);
  const key = newKey();
  const open = await orders.place(buyer, key);
  orders.end(paid);
  const again = await orders.place(buyer, key);
  assert.deepEqual(
    [open.status, again.status, again.body, again.headers.get('idempotent-replayed')],
    [202, 201, { ...open.body, status: 'SUCCESS' }, 'true'],
  );
});

test('what is known of an order when its outcome does not come is what the row says', async () => {
  const overtaken = {
    ...orders.store,
    place: async (asked: Parameters<typeof orders.store.place>[0]) => {
      const placed = await orders.store.place(asked);
      await orders.store.settle(asked.id, 'SUCCESS', null);
      return placed;
    },
  };
  orders.end(undefined);
  const service = await orders.serve(overtaken);
  const { status, body } = await createAsk(service.url)('createOrder', 'POST', '/orders', {
    headers: { ...asUser(buyer), 'if-match': '0' },
    body: { price: 5 },
  });
  await service.close();
  assert.deepEqual([status, body.status], [201, 'SUCCESS']);
});

test('a version that the list is not at makes no order, and says which one it is at', async () => {
  for (const [version, latest] of [
    [1, 0],
    [2147483646, 0],
  ] as const) {
    const stale = told(await orders.place(buyer, { 'if-match': String(version) }));
    assert.deepEqual([stale.kind, stale.etag, stale.location], ['stale-order-list', `"${latest}"`, null]);
  }
  await orders.place(buyer, { 'if-match': '0' });
  const key = newKey();
  assert.deepEqual(told(await orders.place(buyer, { 'if-match': '0', ...key })).etag, '"1"');
  // The key was not used up, and may even be sent with another body.
  assert.equal((await orders.place(buyer, { 'if-match': '1', ...key }, { price: 6 })).status, 201);
});

test('a key that stands for another order is refused, also before the version is looked at', async () => {
  const key = newKey();
  const first = await orders.place(buyer, { 'if-match': '0', ...key });
  for (const ifMatch of ['0', '1', '7', '*'])
    assert.equal(outcomeOf(await orders.place(buyer, { 'if-match': ifMatch, ...key }, { price: 6 })), '422 key-reused');
  assert.deepEqual((await orders.list(buyer)).body, [first.body]);
});

test('the same key of another buyer is another key', async () => {
  const key = newKey();
  const [one, other] = [await orders.place(buyer, key), await orders.place(randomUUID(), key)];
  assert.deepEqual(
    [other.status, other.headers.get('idempotent-replayed'), one.body.id === other.body.id],
    [201, null, false],
  );
});

test('who calls is in the token, whatever else a request says', async () => {
  const other = randomUUID();
  const { body } = await orders.place(buyer, { 'if-match': '0', 'x-user-id': other, 'x-forwarded-user': other });
  assert.deepEqual([body.userId, (await orders.list(other)).body], [buyer, []]);
});

test('an order is there for its buyer and for services, and for nobody else', async () => {
  const { body } = await orders.place(buyer, { 'if-match': '0' });
  for (const caller of [asUser(buyer), asService('auditor')]) {
    const read = await orders.read(caller, body.id.toUpperCase());
    assert.deepEqual([read.status, read.body, read.headers.get('etag')], [200, body, '"1-SUCCESS"']);
  }
  const foreign = await orders.read(asUser(randomUUID()), body.id);
  const missing = await Promise.all([randomUUID(), 'x', '%00', '..%2f'].map((id) => orders.read(asUser(buyer), id)));
  for (const answer of [foreign, ...missing]) {
    assert.deepEqual([outcomeOf(answer), answer.body.detail], ['404 no-such-order', 'You have no order with this id']);
  }
  assert.equal(outcomeOf(await orders.read({}, body.id)), '401 unauthenticated');
});

test("a list is the buyer's own, in pages, and says its version on each of them", async () => {
  for (let version = 0; version < 5; version++) await orders.place(buyer, { 'if-match': String(version) });
  const pages = [];
  for (
    let path: string | undefined = '?limit=2';
    path;
    path = /orders(.+)>/.exec(pages.at(-1)!.headers.get('link') ?? '')?.[1]
  )
    pages.push(await orders.list(buyer, path));
  assert.deepEqual(
    pages.map(({ body, headers }) => [body.map(({ version }: any) => version), headers.get('etag')]),
    [
      [[5, 4], '"5"'],
      [[3, 2], '"5"'],
      [[1], '"5"'],
    ],
  );
  const empty = await orders.list(randomUUID());
  assert.deepEqual([empty.body, empty.headers.get('etag'), empty.headers.get('link')], [[], '"0"', null]);
});

test('a page has twenty orders where nothing else is asked for, and a list is always sent: a status may change under its version', async () => {
  for (let n = 0; n < 21; n++) await orders.place(buyer, newKey());
  const first = await orders.list(buyer);
  assert.deepEqual([first.body.length, first.headers.get('link')], [20, '</orders?before=2>; rel="next"']);
  assert.deepEqual(
    [(await orders.list(buyer, '?limit=100')).body.length, (await orders.list(buyer, '?limit=1')).body.length],
    [21, 1],
  );
  for (const known of ['"21"', '*', 'W/"21"']) {
    const { status, body } = await orders.ask('listOrders', 'GET', '/orders', {
      headers: { ...asUser(buyer), 'if-none-match': known },
    });
    assert.deepEqual([status, body], [200, first.body]);
  }
});

test('without its database the service is unavailable, and says when to come back', async () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:1/nothing');
  const service = await orders.serve(createOrderStore(away));
  const ask = createAsk(service.url);
  const headers = { ...asUser(buyer), 'if-match': '0' };
  const answers = [
    await ask('createOrder', 'POST', '/orders', { headers, body: { price: 5 } }),
    await ask('listOrders', 'GET', '/orders', { headers }),
    await ask('readOrder', 'GET', `/orders/${buyer}`, { headers }),
  ];
  for (const answer of answers)
    assert.deepEqual([outcomeOf(answer), answer.headers.get('retry-after')], ['503 unavailable', '1']);
  await service.close();
  await away.close();
});
