/** Following one order by its events, over a real store. Each answer is one that the contract has. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { outcomeOf } from './support/asking.ts';
import { asService, asUser } from './support/callers.ts';
import { assertDocumented } from './support/openapi.ts';
import { buyer, orders, placed } from './support/ordering.ts';
import { paid } from './support/orders.ts';

const read = (id: string) => orders.read(asUser(buyer), id);
const follow = (id: string, headers: Record<string, string> = {}) =>
  orders.follow({ ...asUser(buyer), ...headers }, id);

/** The events of a stream, by their ids and what they tell. */
const eventsOf = (text: string): [id: string, order: any][] =>
  [...text.matchAll(/^id: (.+)\nevent: status\ndata: (.+)\n\n/gm)].map(([, id, data]) => [id!, JSON.parse(data!)]);

/** What a stream has told so far, and the whole of it once it has ended. */
async function opened(id: string, headers: Record<string, string>) {
  const response = await fetch(`${orders.url}/orders/${id}/events`, { headers });
  const reader = response.clone().body!.pipeThrough(new TextDecoderStream()).getReader();
  return {
    response,
    next: async () => (await reader.read()).value!,
    whole: () => assertDocumented('orderEvents', response) as Promise<string>,
  };
}

/** What a stream tells first. */
async function told({ next }: Awaited<ReturnType<typeof opened>>): Promise<[id: string, order: any][]> {
  for (let text = ''; ; text += await next()) if (eventsOf(text).length > 0) return eventsOf(text);
}

for (const [who, caller] of [
  ['the buyer', () => asUser(buyer)],
  ['a service', () => asService('worker')],
] as const) {
  test(`a stream tells ${who} where the order stands, then how it ended, and ends`, async () => {
    const { id } = await placed(undefined);
    const { body: open } = await read(id);
    const stream = await opened(id, caller());
    const before = await told(stream);
    assert.deepEqual(before, [['1-IN_PROGRESS', open]]);
    await orders.store.settle(id, 'FAILED', 'deadline');
    assert.deepEqual(eventsOf(await stream.whole()), [
      ...before,
      ['1-FAILED', { ...open, status: 'FAILED', reason: 'deadline' }],
    ]);
    assert.equal(stream.response.headers.get('cache-control'), 'private, no-cache, no-transform');
  });
}

test('to who comes back a stream opens at once, and tells what has changed since', async () => {
  const { id } = await placed(undefined);
  const stream = await opened(id, { ...asUser(buyer), 'last-event-id': '1-IN_PROGRESS' });
  assert.equal(await stream.next(), ': here\n\n');
  await orders.store.settle(id, 'SUCCESS', null);
  assert.deepEqual(
    eventsOf(await stream.whole()).map(([eventId]) => eventId),
    ['1-SUCCESS'],
  );
});

test('a stream tells of a success, also of an order that was taken back right after it', async () => {
  const { id } = await placed(undefined);
  const stream = await opened(id, asUser(buyer));
  await told(stream);
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

test('a stream of an order that is being taken back goes on until it is, and so does the wait for it', async () => {
  const { id } = await placed(paid);
  await orders.store.requestCancellation(id, 'buyer');
  const waiting = orders.read({ ...asUser(buyer), prefer: 'wait=30' }, id);
  const stream = await opened(id, { ...asUser(buyer), 'last-event-id': '1-SUCCESS' });
  assert.equal(await stream.next(), ': here\n\n');
  await orders.store.cancel(id, 'buyer');
  assert.deepEqual(
    eventsOf(await stream.whole()).map(([eventId]) => eventId),
    ['1-CANCELLED'],
  );
  assert.equal((await waiting).body.status, 'CANCELLED');
});

test('a stream warns nobody of a leak', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  await follow((await placed(paid)).id);
  process.off('warning', warned);
  assert.deepEqual(warnings, []);
});

test('a stream in which nothing happens says now and then that it is still there', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { id } = await placed(undefined);
  const stream = await opened(id, asUser(buyer));
  await told(stream);
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
  const { id } = await placed(paid);
  const { body } = await read(id);
  for (const seen of [{}, { 'last-event-id': '1-IN_PROGRESS' }, { 'last-event-id': '"1-SUCCESS"' }])
    assert.deepEqual(eventsOf((await follow(id, seen as Record<string, string>)).body), [['1-SUCCESS', body]]);
});

test('who comes back after the end is told that there is nothing more, and who comes back before it is not', async () => {
  const { id } = await placed(paid);
  assert.equal((await follow(id, { 'last-event-id': '1-SUCCESS' })).status, 204);
  await orders.store.cancel(id, 'buyer');
  assert.deepEqual(
    eventsOf((await follow(id, { 'last-event-id': '1-SUCCESS' })).body).map(([eventId]) => eventId),
    ['1-CANCELLED'],
  );
  assert.deepEqual(
    eventsOf((await follow(id, { 'last-event-id': '1-IN_PROGRESS' })).body).map(([eventId]) => eventId),
    ['1-SUCCESS', '1-CANCELLED'],
  );
});

test("another buyer's order cannot be followed, and is answered like one that does not exist", async () => {
  const { id } = await placed(paid);
  for (const answer of [await orders.follow(asUser(randomUUID()), id), await follow(randomUUID()), await follow('x')])
    assert.deepEqual([outcomeOf(answer), answer.body.detail], ['404 no-such-order', 'You have no order with this id']);
  assert.equal(outcomeOf(await orders.follow({}, id)), '401 unauthenticated');
});
