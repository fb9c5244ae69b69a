/** Who gets a version of a buyer's list, and who is answered with the order of an earlier request: with real sessions against a real Postgres. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { PrismaPg } from '@prisma/adapter-pg';
import { Client, Pool } from 'pg';
import { createOrderStore, type OrderRequest, type Placed } from '../api/orders/store.ts';
import { orderId } from '../specs/identity.ts';
import { createDatabase } from './support/database.ts';
import { blocked, heldPlacing } from './support/sessions.ts';

const KEY = randomUUID();

const database = await createDatabase('orders');
const store = createOrderStore(database);
const session = new Client(database.url);
await session.connect();
after(async () => {
  await session.end();
  await store.close();
  await database.close();
});

type Asked = Partial<Pick<OrderRequest, 'ifMatch' | 'key' | 'fingerprint'>>;

/** A request of one buyer, for whom another one may be asked for. */
function requestOf(ownerId: string) {
  return ({ ifMatch, key, fingerprint = 'five' }: Asked): OrderRequest => {
    return { id: orderId(ownerId, key), ownerId, price: 5, ifMatch, key, fingerprint, correlationId: 'test' };
  };
}

const told = (placed: Placed): string =>
  placed.kind === 'stale' ? `stale at ${placed.latestVersion}` : `${placed.kind} ${placed.order.version}`;

/** What becomes of each request when one waits for the other. */
const twins: { what: string; first: Asked; second: Asked; committed: string; undone: string }[] = [
  {
    what: 'the same version',
    first: { ifMatch: 1 },
    second: { ifMatch: 1 },
    committed: 'stale at 2',
    undone: 'placed 2',
  },
  {
    what: 'the same version with another key',
    first: { ifMatch: 1, key: randomUUID() },
    second: { ifMatch: 1, key: randomUUID() },
    committed: 'stale at 2',
    undone: 'placed 2',
  },
  {
    what: 'the same key and version',
    first: { ifMatch: 1, key: KEY },
    second: { ifMatch: 1, key: KEY },
    committed: 'found 2',
    undone: 'placed 2',
  },
  {
    what: 'the same key and no version',
    first: { key: KEY },
    second: { key: KEY },
    committed: 'found 2',
    undone: 'placed 2',
  },
  {
    what: 'the same key, now without a version',
    first: { ifMatch: 1, key: KEY },
    second: { key: KEY },
    committed: 'found 2',
    undone: 'placed 2',
  },
  {
    what: 'whatever version is next',
    first: { key: randomUUID() },
    second: { key: randomUUID() },
    committed: 'placed 3',
    undone: 'placed 2',
  },
  {
    what: 'the version that somebody takes as the next',
    first: { key: randomUUID() },
    second: { ifMatch: 1 },
    committed: 'stale at 2',
    undone: 'placed 2',
  },
];

for (const { what, first, second, committed, undone } of twins) {
  for (const commit of [true, false]) {
    test(`a placing waits for its uncommitted twin of ${what}, which ${commit ? 'commits' : 'is rolled back'}`, async () => {
      const request = requestOf(randomUUID());
      await store.place(request({ ifMatch: 0 }));
      const held = await heldPlacing(database.url, async (twin) =>
        assert.equal(told(await twin.place(request(first))), 'placed 2'),
      );
      const waiting = store.place(request(second));
      await blocked(session);
      await held.end(commit);
      assert.equal(told(await waiting), commit ? committed : undone);
    });
  }
}

test("buyers never wait for each other, and a key is each one's own", async () => {
  const key = randomUUID();
  const held = await heldPlacing(database.url, (one) => one.place(requestOf(randomUUID())({ ifMatch: 0, key })));
  assert.equal(told(await store.place(requestOf(randomUUID())({ ifMatch: 0, key }))), 'placed 1');
  await held.end(true);
});

test('a repeat is found by its key whatever version it names, and says what it was made from', async () => {
  const request = requestOf(randomUUID());
  const key = randomUUID();
  const first = await store.place(request({ ifMatch: 0, key }));
  await store.place(request({ ifMatch: 1 }));
  for (const ifMatch of [0, 1, 2, 7, undefined]) {
    const again = await store.place(request({ ifMatch, key, fingerprint: 'six' }));
    assert.ok(first.kind === 'placed' && again.kind === 'found');
    assert.deepEqual([again.order, again.fingerprint], [first.order, 'five']);
  }
});

test('a version that the list does not have places nothing, and leaves the key unused', async () => {
  const request = requestOf(randomUUID());
  const key = randomUUID();
  assert.equal(told(await store.place(request({ ifMatch: 2147483646, key }))), 'stale at 0');
  assert.equal(told(await store.place(request({ ifMatch: 0, key }))), 'placed 1');
  assert.equal(told(await store.place(request({ ifMatch: 0 }))), 'stale at 1');
  assert.equal(told(await store.place(request({ ifMatch: 2 }))), 'stale at 1');
});

const between: { what: string; late: Asked; statements: number; other: Asked; outcome: string }[] = [
  {
    what: 'the version that it asks for comes to be',
    late: { ifMatch: 1 },
    statements: 1,
    other: { ifMatch: 0 },
    outcome: 'placed 2',
  },
  {
    what: 'its twin is placed',
    late: { ifMatch: 7, key: KEY },
    statements: 1,
    other: { key: KEY },
    outcome: 'found 1',
  },
  {
    what: 'its twin is placed a moment later',
    late: { ifMatch: 7, key: KEY },
    statements: 2,
    other: { key: KEY },
    outcome: 'found 1',
  },
];

for (const { what, late, statements, other, outcome } of between) {
  test(`a placing between whose statements ${what} is answered as if it had come afterwards`, async () => {
    const request = requestOf(randomUUID());
    const { place, close } = interrupted(statements, () => store.place(request(other)));
    assert.equal(told(await place(request(late))), outcome);
    await close();
  });
}

test('of 50 placings on one version one is placed, and 49 are told the new version', async () => {
  const request = requestOf(randomUUID());
  const all = await Promise.all(fifty(() => store.place(request({ ifMatch: 0 }))));
  assert.deepEqual(all.map(told).sort(), ['placed 1', ...Array<string>(49).fill('stale at 1')]);
});

test('of 50 placings under one key one is placed, and 49 find it', async () => {
  const request = requestOf(randomUUID());
  const key = randomUUID();
  const all = await Promise.all(fifty((n) => store.place(request({ key, ifMatch: n % 2 ? 0 : undefined }))));
  assert.deepEqual(all.map(told).sort(), [...Array<string>(49).fill('found 1'), 'placed 1']);
  assert.equal(new Set(all.map((placed) => placed.kind !== 'stale' && placed.order.id)).size, 1);
});

test('50 placings at whatever version is next take 1 to 50 without a gap', async () => {
  const request = requestOf(randomUUID());
  const all = await Promise.all(fifty(() => store.place(request({ key: randomUUID() }))));
  assert.deepEqual(all.map(told).sort(), fifty((n) => `placed ${n + 1}`).sort());
});

test('an order is settled once, and what it is never changes', async () => {
  const placed = await store.place(requestOf(randomUUID())({ ifMatch: 0 }));
  assert.ok(placed.kind === 'placed');
  const { id } = placed.order;
  const settled = await Promise.all(
    fifty((n) => store.settle(id, n % 2 ? 'SUCCESS' : 'FAILED', n % 2 ? null : 'deadline')),
  );
  assert.equal(new Set(settled.map((order) => JSON.stringify(order))).size, 1);
  for (const change of [
    'price = 6',
    'version = 2',
    `owner_id = '${randomUUID()}'`,
    "fingerprint = 'six'",
    `status = 'IN_PROGRESS'`,
  ]) {
    await assert.rejects(database.query(`update orders set ${change} where id = $1`, [id]), /order/);
  }
});

/** A store of another process, in which something else happens after so many statements. */
function interrupted(statements: number, act: () => Promise<unknown>) {
  const pool = new Pool({ connectionString: database.url, max: 1 });
  const query = pool.query.bind(pool) as (...statement: unknown[]) => Promise<unknown>;
  let left = statements;
  const counting = async (...statement: unknown[]) => {
    if (left-- === 0) await act();
    return query(...statement);
  };
  const late = createOrderStore({ adapter: new PrismaPg(Object.assign(pool, { query: counting })) });
  return {
    place: (asked: OrderRequest) => late.place(asked),
    async close() {
      await late.close();
      await pool.end();
    },
  };
}

test('an order that has failed is not cancelled, and one that has succeeded is, once', async () => {
  for (const [first, then, reason] of [
    ['FAILED', 'FAILED', 'deadline'],
    ['SUCCESS', 'CANCELLED', 'buyer'],
  ] as const) {
    const placed = await store.place(requestOf(randomUUID())({ ifMatch: 0 }));
    assert.ok(placed.kind === 'placed');
    await store.settle(placed.order.id, first, first === 'FAILED' ? 'deadline' : null);
    for (const cause of ['buyer', 'operator']) {
      const cancelled = await store.cancel(placed.order.id, cause);
      assert.deepEqual([cancelled?.status, cancelled?.firstStatus, cancelled?.reason], [then, first, reason]);
    }
  }
});

function fifty<T>(make: (n: number) => T): T[] {
  return Array.from({ length: 50 }, (_each, n) => make(n));
}
