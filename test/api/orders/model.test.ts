/** A buyer's list of orders behaves like its model, also under concurrency. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import type { Order } from '../../../api/orders/order.ts';
import { createOrderStore } from '../../../api/orders/store.ts';
import { orderId } from '../../../specs/identity.ts';
import {
  listModel,
  type Answer,
  type Command,
  type Entry,
  type List,
  type OrderView,
} from '../../support/models/list.ts';
import { assertOneOf, atOnce, inTurn, runs, type Real } from '../../support/models/model.ts';
import { createDatabase } from '../../support/postgres/database.ts';

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

const action = <Name extends Command['action']>(name: Name) => fc.constant(name);
const version = fc.integer({ min: 1, max: 3 });
const key = fc.nat(KEYS - 1);
const price = fc.constantFrom(1, 2, Number.MAX_SAFE_INTEGER);
const reason = fc.constantFrom(null, 'deadline' as const, 'buyer' as const);
/** Every placing has a version, a key or both: the route refuses a request with neither. */
const place: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ action: action('place'), ifMatch: fc.nat(VERSIONS_MAX), key: fc.constant(undefined), price }),
  fc.record({ action: action('place'), ifMatch: fc.constant(undefined), key, price }),
  fc.record({ action: action('place'), ifMatch: fc.nat(VERSIONS_MAX), key, price }),
);
const settle = fc.record({
  action: action('settle'),
  version,
  status: fc.constantFrom('SUCCESS' as const, 'FAILED' as const, 'CANCELLED' as const),
  reason,
});
const cancel = fc.record({ action: action('cancel'), version, reason });
const note = fc.record({
  action: action('note'),
  version,
  cause: fc.constantFrom('buyer' as const, 'operator' as const),
});
const find = fc.record({ action: action('find'), version });
const list = fc.record({
  action: action('list'),
  limit: fc.integer({ min: 1, max: 4 }),
  before: fc.option(version, { nil: undefined }),
});
/** Reads the first page, whose orders and latest version come from one statement and so belong together. */
const newest = fc.record({
  action: action('list'),
  limit: fc.integer({ min: 1, max: 9 }),
  before: fc.constant(undefined),
});

test(`${RUNS_IN_TURN} random sequences of commands on a list of orders are answered as by the model`, async () => {
  const command = fc.oneof<fc.MaybeWeightedArbitrary<Command>[]>(
    { weight: 6, arbitrary: place },
    { weight: 2, arbitrary: settle },
    cancel,
    note,
    find,
    list,
  );
  const property = fc.asyncProperty(inTurn(listModel, command, 16), async (commands) => {
    const owner = newOwner();
    const kept = { state: listModel.initial };
    await fc.asyncModelRun(() => ({ model: kept, real: owner.perform }), commands);
    assert.deepEqual(await owner.stored(), kept.state);
  });
  await fc.assert(property, runs(RUNS_IN_TURN));
});

test(`${RUNS_AT_ONCE} random batches of concurrent commands on a list of orders are answered as in some sequential order`, async () => {
  const command = fc.oneof<fc.MaybeWeightedArbitrary<Command>[]>(
    { weight: 6, arbitrary: place },
    settle,
    cancel,
    find,
    newest,
  );
  const batch = fc.array(command, { minLength: 2, maxLength: 5 });
  const property = fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 4 }), async (batches) => {
    const owner = newOwner();
    let states: List[] = [listModel.initial];
    for (const each of batches) states = await atOnce(listModel, states, each, owner.perform);
    assertOneOf(states, await owner.stored());
  });
  await fc.assert(property, runs(RUNS_AT_ONCE));
});

function newOwner() {
  const ownerId = randomUUID();
  const keys = Array.from({ length: KEYS }, () => randomUUID());
  const ids = new Map<number, string>();
  const idOf = (version: number) => ids.get(version) ?? randomUUID();
  /** Fails if the order has another owner, or if its version belonged to another order before. */
  const viewOf = (order: Order | undefined): OrderView | undefined => {
    if (!order) return undefined;
    const { id, userId, version, price, status, reason, firstStatus } = order;
    assert.deepEqual([userId, id], [ownerId, ids.get(version) ?? id]);
    ids.set(version, id);
    return { version, price, status, reason, firstStatus };
  };
  const place = async ({ ifMatch, key, price }: Extract<Command, { action: 'place' }>): Promise<Answer> => {
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
    if (placed.kind === 'contended') throw new Error('every attempt lost to a concurrent order');
    const order = viewOf(placed.order)!;
    return placed.kind === 'placed'
      ? { kind: 'placed', order }
      : { kind: 'found', order, madeFor: Number(placed.fingerprint) };
  };
  const perform: Real<Command, Answer> = async (command) => {
    switch (command.action) {
      case 'place':
        return place(command);
      case 'settle':
        return viewOf(await store.settle(idOf(command.version), command.status, command.reason));
      case 'note':
        return viewOf(await store.requestCancellation(idOf(command.version), command.cause));
      case 'cancel':
        return viewOf(await store.cancel(idOf(command.version), command.reason));
      case 'find':
        return viewOf(await store.find(idOf(command.version)));
      case 'list': {
        const { orders, latestVersion } = await store.list(ownerId, command);
        return { orders: orders.map((order) => viewOf(order)!), latestVersion };
      }
    }
  };
  return { perform, stored: () => stored(ownerId, keys) };
}

async function stored(ownerId: string, keys: readonly string[]): Promise<List> {
  const rows = await database.query<Omit<Entry, 'key'> & { key: string | null }>(
    `select version, price::float8, idempotency_key as key, status, reason, first_status as "firstStatus", cancel_cause as "cancelCause"
     from orders where owner_id = $1 order by version`,
    [ownerId],
  );
  return rows.map((row) => ({ ...row, key: row.key === null ? undefined : keys.indexOf(row.key) }));
}
