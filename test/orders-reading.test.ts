/** Reading one order, waiting for it and following it, over a real store. Each answer is one that the contract has. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { outcomeOf } from './support/asking.ts';
import { asService, asUser } from './support/callers.ts';
import { eventually } from './support/eventually.ts';
import { assertDocumented } from './support/openapi.ts';
import { buyer, orders } from './support/ordering.ts';
import { declined, newKey, paid, type Ending } from './support/orders.ts';

/** Longer than the service takes between two looks at the orders that somebody waits for. */
const QUIET_MS = 600;

/** An order of the buyer that has ended so, or is in progress. */
async function placed(ending: Ending): Promise<string> {
  orders.end(ending);
  const { body } = await orders.place(buyer, newKey());
  return body.id ?? body.orderId;
}

const read = (id: string, headers: Record<string, string> = {}) => orders.read({ ...asUser(buyer), ...headers }, id);
const follow = (id: string, headers: Record<string, string> = {}) => orders.follow({ ...asUser(buyer), ...headers }, id);

for (const known of ['"1-SUCCESS"', 'W/"1-SUCCESS"', '"0-SUCCESS", "1-SUCCESS"', '*', ' * ']) {
  test(`an order that is still as ${known} says is not sent again`, async () => {
    const { status, headers, body } = await read(await placed(paid), { 'if-none-match': known });
    assert.deepEqual([status, headers.get('etag'), body], [304, '"1-SUCCESS"', undefined]);
  });
}

for (const known of ['"1-IN_PROGRESS"', '"2-SUCCESS"', '1-SUCCESS', '"1"', 'nonsense', '""']) {
  test(`an order that is not what ${known} says is sent`, async () => {
    const { status, headers, body } = await read(await placed(paid), { 'if-none-match': known });
    assert.deepEqual([status, headers.get('etag'), body.status], [200, '"1-SUCCESS"', 'SUCCESS']);
  });
}

test('what an order is at changes with its status', async () => {
  const id = await placed(undefined);
  const { headers } = await read(id);
  assert.equal((await read(id, { 'if-none-match': headers.get('etag')! })).status, 304);
  await orders.store.settle(id, 'SUCCESS', null);
  assert.equal((await read(id, { 'if-none-match': headers.get('etag')! })).status, 200);
  await orders.store.cancel(id, 'buyer');
  assert.equal((await read(id, { 'if-none-match': '"1-SUCCESS"' })).headers.get('etag'), '"1-CANCELLED"');
});

test('an order that failed says why', async () => {
  const { body, headers } = await read(await placed(declined));
  assert.deepEqual([body.status, body.reason, headers.get('etag')], ['FAILED', 'insufficient-funds', '"1-FAILED"']);
});

test('who prefers to wait is answered when the order is final', async () => {
  const id = await placed(undefined);
  const answers = [read(id, { prefer: 'wait=30' }), read(id, { prefer: 'respond-async, wait="30"', 'if-none-match': '"1-IN_PROGRESS"' })];
  assert.equal((await read(id)).body.status, 'IN_PROGRESS');
  await orders.store.settle(id, 'SUCCESS', null);
  for (const { status, headers, body } of await Promise.all(answers))
    assert.deepEqual([status, body.status, headers.get('preference-applied'), headers.get('etag')], [200, 'SUCCESS', 'wait=30', '"1-SUCCESS"']);
});

test('who waits in vain gets the order as it stands, or is told that it still does', async () => {
  const id = await placed(undefined);
  const startedMs = performance.now();
  const [order, unchanged] = await Promise.all([read(id, { prefer: 'wait=1' }), read(id, { prefer: 'wait=1', 'if-none-match': '"1-IN_PROGRESS"' })]);
  assert.ok(performance.now() - startedMs >= 1000);
  assert.deepEqual([order.status, order.body.status, unchanged.status], [200, 'IN_PROGRESS', 304]);
  for (const { headers } of [order, unchanged]) assert.equal(headers.get('preference-applied'), 'wait=1');
});

for (const [prefer, applied] of [
  ['wait=31', 'wait=30'],
  ['wait=999999999', 'wait=30'],
  ['WAIT = 5', 'wait=5'],
  ['wait=0', null],
  ['wait=x', null],
  ['wait', null],
  ['wait=-1', null],
  ['respond-async', null],
] as const) {
  test(`${prefer} is ${applied ? `taken for ${applied}` : 'no wait'}, and an order that is final is not waited for`, async () => {
    const startedMs = performance.now();
    const { status, headers } = await read(await placed(paid), { prefer });
    assert.deepEqual([status, headers.get('preference-applied')], [200, applied]);
    assert.ok(performance.now() - startedMs < 5000);
  });
}

/** The events of a stream, by their ids and what they tell. */
const eventsOf = (text: string): [id: string, order: any][] =>
  [...text.matchAll(/^id: (.+)\nevent: status\ndata: (.+)\n\n/gm)].map(([, id, data]) => [id!, JSON.parse(data!)]);

/** What a stream has told so far, and the whole of it once it has ended. */
async function opened(id: string, headers: Record<string, string>) {
  const response = await fetch(`${orders.url}/orders/${id}/events`, { headers });
  const reader = response.clone().body!.pipeThrough(new TextDecoderStream()).getReader();
  return { response, next: async () => (await reader.read()).value!, whole: () => assertDocumented('orderEvents', response) as Promise<string> };
}

for (const [who, caller] of [
  ['the buyer', () => asUser(buyer)],
  ['a service', () => asService('worker')],
  ['a buyer who comes back', () => ({ ...asUser(buyer), 'last-event-id': '1-IN_PROGRESS' })],
] as const) {
  test(`a stream tells ${who} where the order stands, then how it ended, and ends`, async () => {
    const id = await placed(undefined);
    const { body: open } = await read(id);
    const stream = await opened(id, caller());
    const before = eventsOf(await stream.next());
    assert.deepEqual(before, [['1-IN_PROGRESS', open]]);
    await orders.store.settle(id, 'FAILED', 'deadline');
    assert.deepEqual(eventsOf(await stream.whole()), [...before, ['1-FAILED', { ...open, status: 'FAILED', reason: 'deadline' }]]);
    assert.equal(stream.response.headers.get('cache-control'), 'no-cache, no-transform');
  });
}

test('a stream tells of a success, also of an order that was taken back right after it', async () => {
  const id = await placed(undefined);
  const stream = await opened(id, asUser(buyer));
  await stream.next();
  // In one transaction, so that nobody can look between the two.
  await orders.database.query(`
    update orders set status = 'SUCCESS', first_status = 'SUCCESS' where id = '${id}';
    update orders set status = 'CANCELLED', reason = 'buyer' where id = '${id}'`);
  assert.deepEqual(
    eventsOf(await stream.whole()).map(([eventId, { status, reason }]) => [eventId, status, reason]),
    [
      ['1-IN_PROGRESS', 'IN_PROGRESS', undefined],
      ['1-SUCCESS', 'SUCCESS', undefined],
      ['1-CANCELLED', 'CANCELLED', 'buyer'],
    ],
  );
});

test('a stream in which nothing happens says now and then that it is still there', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const id = await placed(undefined);
  const stream = await opened(id, asUser(buyer));
  await stream.next();
  for (let n = 0; n < 2; n++) {
    t.mock.timers.tick(15_000);
    assert.equal(await stream.next(), ': still here\n\n');
  }
  await orders.store.settle(id, 'SUCCESS', null);
  assert.deepEqual(
    eventsOf(await stream.whole()).map(([eventId]) => eventId),
    ['1-IN_PROGRESS', '1-SUCCESS'],
  );
});

test('a stream of an order that has ended tells that alone, also to who has seen something else of it', async () => {
  const id = await placed(paid);
  const { body } = await read(id);
  for (const seen of [{}, { 'last-event-id': '1-IN_PROGRESS' }, { 'last-event-id': '"1-SUCCESS"' }])
    assert.deepEqual(eventsOf((await follow(id, seen as Record<string, string>)).body), [['1-SUCCESS', body]]);
});

test('who comes back after the end is told that there is nothing more, and who comes back before it is not', async () => {
  const id = await placed(paid);
  assert.equal((await follow(id, { 'last-event-id': '1-SUCCESS' })).status, 204);
  await orders.store.cancel(id, 'buyer');
  assert.deepEqual(
    eventsOf((await follow(id, { 'last-event-id': '1-SUCCESS' })).body).map(([eventId]) => eventId),
    ['1-CANCELLED'],
  );
});

test("another buyer's order cannot be followed, and is answered like one that does not exist", async () => {
  const id = await placed(paid);
  for (const answer of [await orders.follow(asUser(randomUUID()), id), await follow(randomUUID()), await follow('x')])
    assert.deepEqual([outcomeOf(answer), answer.body.detail], ['404 no-such-order', 'You have no order with this id']);
  assert.equal(outcomeOf(await orders.follow({}, id)), '401 unauthenticated');
});

test('many wait and follow with one query at a time, and none is made for those who have gone', async () => {
  const id = await placed(undefined);
  let looks = 0;
  let [atOnce, atOnceMax] = [0, 0];
  const finals: typeof orders.store.finals = async (ids) => {
    looks++;
    atOnceMax = Math.max(atOnceMax, ++atOnce);
    return orders.store.finals(ids).finally(() => atOnce--);
  };
  const service = await orders.serve({ ...orders.store, finals });
  const leaving = new AbortController();
  const ask = (path: string, prefer: string) =>
    fetch(service.url + path, { headers: { ...asUser(buyer), prefer }, signal: leaving.signal }).then((response) => response.text());
  const waiting = [...Array(10).fill(`/orders/${id}`), ...Array(10).fill(`/orders/${id}/events`)].map((path: string) => ask(path, 'wait=30'));
  await eventually(() => assert.ok(looks > 2));
  assert.equal(atOnceMax, 1);
  // Who asks for the head of a stream has all of it at once.
  await fetch(`${service.url}/orders/${id}/events`, { method: 'HEAD', headers: asUser(buyer) });
  leaving.abort();
  for (const each of waiting) await assert.rejects(each, { name: 'AbortError' });
  await eventually(async () => {
    const before = looks;
    await sleep(QUIET_MS);
    assert.equal(looks, before);
    // Sooner than the waits would have ended by themselves.
  }, 10_000);
  await service.close();
});
