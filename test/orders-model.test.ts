/** The list of a buyer's orders against a model of it: whatever is asked, in whatever order, and by several at once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { createOrderStore, type Order } from '../api/orders/store.ts';
import { orderId } from '../specs/identity.ts';
import { createDatabase } from './support/database.ts';
import { listModel, type Answer, type Asked, type Entry, type List, type Told } from './support/list-model.ts';
import { assertOneOf, atOnce, inTurn, runs, type Real } from './support/model.ts';

const RUNS_IN_TURN = 900;
const RUNS_AT_ONCE = 300;
const KEYS = 3;
const VERSIONS_MAX = 5;

const database = await createDatabase('orders');
const store = createOrderStore(database);
after(async () => {
  await store.close();
  await database.close();
});

const ask = <Name extends Asked['ask']>(name: Name) => fc.constant(name);
const version = fc.integer({ min: 1, max: 3 });
const key = fc.nat(KEYS - 1);
const price = fc.constantFrom(1, 2, Number.MAX_SAFE_INTEGER);
const reason = fc.constantFrom(null, 'deadline', 'buyer');
/** With a version, with a key, with both. A request with neither comes no further than the route. */
const place: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({ ask: ask('place'), ifMatch: fc.nat(VERSIONS_MAX), key: fc.constant(undefined), price }),
  fc.record({ ask: ask('place'), ifMatch: fc.constant(undefined), key, price }),
  fc.record({ ask: ask('place'), ifMatch: fc.nat(VERSIONS_MAX), key, price }),
);
const settle = fc.record({
  ask: ask('settle'),
  version,
  status: fc.constantFrom('SUCCESS' as const, 'FAILED' as const, 'CANCELLED' as const),
  reason,
});
const cancel = fc.record({ ask: ask('cancel'), version, reason });
const note = fc.record({ ask: ask('note'), version, cause: fc.constantFrom('buyer' as const, 'operator' as const) });
const find = fc.record({ ask: ask('find'), version });
const list = fc.record({
  ask: ask('list'),
  limit: fc.integer({ min: 1, max: 4 }),
  before: fc.option(version, { nil: undefined }),
});
/** Both halves of such an answer are read at once. */
const newest = fc.record({ ask: ask('list'), limit: fc.integer({ min: 1, max: 9 }), before: fc.constant(undefined) });

test(`${RUNS_IN_TURN} times whatever is asked of a list of orders is answered as the model says`, async () => {
  const asked = fc.oneof<fc.MaybeWeightedArbitrary<Asked>[]>(
    { weight: 6, arbitrary: place },
    { weight: 2, arbitrary: settle },
    cancel,
    note,
    find,
    list,
  );
  const property = fc.asyncProperty(inTurn(listModel, asked, 16), async (commands) => {
    const owner = newOwner();
    const kept = { state: listModel.initial };
    await fc.asyncModelRun(() => ({ model: kept, real: owner.ask }), commands);
    assert.deepEqual(await owner.stored(), kept.state);
  });
  await fc.assert(property, runs(RUNS_IN_TURN));
});

test(`${RUNS_AT_ONCE} times what is asked of a list of orders by several at once is answered as if they had come in some order`, async () => {
  const asked = fc.oneof<fc.MaybeWeightedArbitrary<Asked>[]>(
    { weight: 6, arbitrary: place },
    settle,
    cancel,
    find,
    newest,
  );
  const batch = fc.array(asked, { minLength: 2, maxLength: 5 });
  const property = fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
    const owner = newOwner();
    let states: List[] = [listModel.initial];
    for (const each of batches) states = await atOnce(listModel, states, each, owner.ask);
    assertOneOf(states, await owner.stored());
  });
  await fc.assert(property, runs(RUNS_AT_ONCE));
});

/** Somebody who has no orders yet, with keys of their own. */
function newOwner() {
  const ownerId = randomUUID();
  const keys = Array.from({ length: KEYS }, () => randomUUID());
  const ids = new Map<number, string>();
  const idOf = (version: number) => ids.get(version) ?? randomUUID();
  /** A version is always the same order's, and the order always its owner's. */
  const told = (order: Order | undefined): Told | undefined => {
    if (!order) return undefined;
    const { id, userId, version, price, status, reason, firstStatus } = order;
    assert.deepEqual([userId, id], [ownerId, ids.get(version) ?? id]);
    ids.set(version, id);
    return { version, price, status, reason, firstStatus };
  };
  const place = async ({ ifMatch, key, price }: Extract<Asked, { ask: 'place' }>): Promise<Answer> => {
    const own = key === undefined ? undefined : keys[key]!;
    const request = {
      id: orderId(ownerId, own),
      ownerId,
      price,
      ifMatch,
      key: own,
      fingerprint: String(price),
      correlationId: 'test',
    };
    const placed = await store.place(request);
    if (placed.kind === 'stale') return placed;
    const order = told(placed.order)!;
    return placed.kind === 'placed'
      ? { kind: 'placed', order }
      : { kind: 'found', order, madeFor: Number(placed.fingerprint) };
  };
  const ask: Real<Asked, Answer> = async (asked) => {
    switch (asked.ask) {
      case 'place':
        return place(asked);
      case 'settle':
        return told(await store.settle(idOf(asked.version), asked.status, asked.reason));
      case 'note':
        return told(await store.requestCancellation(idOf(asked.version), asked.cause));
      case 'cancel':
        return told(await store.cancel(idOf(asked.version), asked.reason));
      case 'find':
        return told(await store.find(idOf(asked.version)));
      case 'list': {
        const { orders, latestVersion } = await store.list(ownerId, asked);
        return { orders: orders.map((order) => told(order)!), latestVersion };
      }
    }
  };
  return { ask, stored: () => stored(ownerId, keys) };
}

/** What the table holds of an owner, by version. */
async function stored(ownerId: string, keys: readonly string[]): Promise<List> {
  const rows = await database.query<Omit<Entry, 'key'> & { key: string | null }>(
    `select version, price::float8, idempotency_key as key, status, reason, first_status as "firstStatus", cancel_cause as "cancelCause"
     from orders where owner_id = $1 order by version`,
    [ownerId],
  );
  return rows.map((row) => ({ ...row, key: row.key === null ? undefined : keys.indexOf(row.key) }));
}
