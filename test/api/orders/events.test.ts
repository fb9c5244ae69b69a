/** The stream of `GET /orders/{id}/events`. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { asService, asUser } from '../../support/requests/callers.ts';
import { outcomeOf } from '../../support/requests/contract-client.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { buyer, orders, placed } from '../../support/shop/ordering.ts';
import { paid } from '../../support/shop/orders.ts';

const read = (id: string) => orders.read(asUser(buyer), id);
const follow = (id: string, headers: Record<string, string> = {}) =>
  orders.follow({ ...asUser(buyer), ...headers }, id);

const eventsOf = (text: string): [id: string, order: any][] =>
  [...text.matchAll(/^id: (.+)\nevent: status\ndata: (.+)\n\n/gm)].map(([, id, data]) => [id!, JSON.parse(data!)]);

/** Opens an order's stream. `next` reads one chunk; `whole` waits for the stream's end and returns all its text. */
async function opened(id: string, headers: Record<string, string>) {
  const response = await fetch(`${orders.url}/orders/${id}/events`, { headers });
  const reader = response.clone().body!.pipeThrough(new TextDecoderStream()).getReader();
  return {
    response,
    next: async () => (await reader.read()).value!,
    whole: () => assertDocumented('orderEvents', response) as Promise<string>,
  };
}

async function firstEvents({ next }: Awaited<ReturnType<typeof opened>>): Promise<[id: string, order: any][]> {
  for (let text = ''; ; text += await next()) if (eventsOf(text).length > 0) return eventsOf(text);
}

for (const [who, caller] of [
  ['the buyer', () => asUser(buyer)],
  ['a service', () => asService('worker')],
] as const) {
  test(`a stream sends ${who} the current status, then the final status, and ends`, async () => {
    const { id } = await placed(undefined);
    const { body: open } = await read(id);
    const stream = await opened(id, caller());
    const before = await firstEvents(stream);
    assert.deepEqual(before, [['1-IN_PROGRESS', open]]);
    await orders.store.settle(id, 'FAILED', 'deadline');
    assert.deepEqual(eventsOf(await stream.whole()), [
      ...before,
      ['1-FAILED', { ...open, status: 'FAILED', reason: 'deadline' }],
    ]);
    assert.equal(stream.response.headers.get('cache-control'), 'private, no-cache, no-transform');
  });
}

test('a client that reconnects gets an open stream at once, with only the changes since its last event', async () => {
  const { id } = await placed(undefined);
  const stream = await opened(id, { ...asUser(buyer), 'last-event-id': '1-IN_PROGRESS' });
  assert.equal(await stream.next(), ': here\n\n');
  await orders.store.settle(id, 'SUCCESS', null);
  assert.deepEqual(
    eventsOf(await stream.whole()).map(([eventId]) => eventId),
    ['1-SUCCESS'],
  );
});

test('a stream also sends the success of an order that was cancelled right afterwards', async () => {
  const { id } = await placed(undefined);
  const stream = await opened(id, asUser(buyer));
  await firstEvents(stream);
  // Both updates run in one transaction, so the stream never sees the row as SUCCESS.
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

test('while an order is being cancelled, its stream and a waiting read last until it is cancelled', async () => {
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

test('a stream causes no leak warning in Node', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  await follow((await placed(paid)).id);
  process.off('warning', warned);
  assert.deepEqual(warnings, []);
});

test('an idle stream sends a comment every 15 seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { id } = await placed(undefined);
  const stream = await opened(id, asUser(buyer));
  await firstEvents(stream);
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

test('the stream of a finished order sends only the final status, whatever older event the client names', async () => {
  const { id } = await placed(paid);
  const { body } = await read(id);
  for (const seen of [{}, { 'last-event-id': '1-IN_PROGRESS' }, { 'last-event-id': '"1-SUCCESS"' }])
    assert.deepEqual(eventsOf((await follow(id, seen as Record<string, string>)).body), [['1-SUCCESS', body]]);
});

test('a client that reconnects with the last event is answered 204, unless the status has changed since', async () => {
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

test("following another buyer's order is answered like following an unknown order", async () => {
  const { id } = await placed(paid);
  for (const answer of [await orders.follow(asUser(randomUUID()), id), await follow(randomUUID()), await follow('x')])
    assert.deepEqual([outcomeOf(answer), answer.body.detail], ['404 no-such-order', 'You have no order with this id']);
  assert.equal(outcomeOf(await orders.follow({}, id)), '401 unauthenticated');
});
