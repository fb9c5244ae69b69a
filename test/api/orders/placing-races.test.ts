/** What two placings return if their statements overlap. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Client } from 'pg';
import type { OrderRequest } from '../../../api/orders/order.ts';
import { createOrderStore } from '../../../api/orders/store.ts';
import type { Database } from '../../../lib/database.ts';
import { openWithLongTimeouts } from '../../support/postgres/database.ts';
import { blocked, heldPlacing } from '../../support/postgres/sessions.ts';
import { database, requestOf, resultOf, store, type RequestOptions } from '../../support/shop/placing.ts';

const KEY = randomUUID();
const session = new Client(database.url);
await session.connect();
after(() => session.end());

/** The second request waits for the first. `afterCommit` and `afterRollback` are what the second then returns. */
const pairs: {
  what: string;
  first: RequestOptions;
  second: RequestOptions;
  afterCommit: string;
  afterRollback: string;
}[] = [
  {
    what: 'the same version',
    first: { ifMatch: 1 },
    second: { ifMatch: 1 },
    afterCommit: 'stale at 2',
    afterRollback: 'placed 2',
  },
  {
    what: 'the same version with another key',
    first: { ifMatch: 1, key: randomUUID() },
    second: { ifMatch: 1, key: randomUUID() },
    afterCommit: 'stale at 2',
    afterRollback: 'placed 2',
  },
  {
    what: 'the same key and version',
    first: { ifMatch: 1, key: KEY },
    second: { ifMatch: 1, key: KEY },
    afterCommit: 'found 2',
    afterRollback: 'placed 2',
  },
  {
    what: 'the same key and no version',
    first: { key: KEY },
    second: { key: KEY },
    afterCommit: 'found 2',
    afterRollback: 'placed 2',
  },
  {
    what: 'the same key, now without a version',
    first: { ifMatch: 1, key: KEY },
    second: { key: KEY },
    afterCommit: 'found 2',
    afterRollback: 'placed 2',
  },
  {
    what: 'no version and another key',
    first: { key: randomUUID() },
    second: { key: randomUUID() },
    afterCommit: 'placed 3',
    afterRollback: 'placed 2',
  },
  {
    what: 'a version that the first takes without naming it',
    first: { key: randomUUID() },
    second: { ifMatch: 1 },
    afterCommit: 'stale at 2',
    afterRollback: 'placed 2',
  },
];

for (const { what, first, second, afterCommit, afterRollback } of pairs) {
  for (const commit of [true, false]) {
    test(`a placing with ${what} waits for the first, uncommitted one, which ${commit ? 'commits' : 'is rolled back'}`, async () => {
      const request = requestOf(randomUUID());
      await store.place(request({ ifMatch: 0 }));
      const held = await heldPlacing(database.url, async (other) =>
        assert.equal(resultOf(await other.place(request(first))), 'placed 2'),
      );
      const waiting = store.place(request(second));
      await blocked(session);
      await held.end(commit);
      assert.equal(resultOf(await waiting), commit ? afterCommit : afterRollback);
    });
  }
}

const interruptions: {
  what: string;
  late: RequestOptions;
  statements: number;
  other: RequestOptions;
  outcome: string;
}[] = [
  {
    what: 'its version becomes the current one',
    late: { ifMatch: 1 },
    statements: 1,
    other: { ifMatch: 0 },
    outcome: 'placed 2',
  },
  {
    what: 'an order is placed under its key',
    late: { ifMatch: 7, key: KEY },
    statements: 1,
    other: { key: KEY },
    outcome: 'found 1',
  },
  {
    what: 'an order is placed under its key one statement later',
    late: { ifMatch: 7, key: KEY },
    statements: 2,
    other: { key: KEY },
    outcome: 'found 1',
  },
];

for (const { what, late, statements, other, outcome } of interruptions) {
  test(`if ${what} between two statements of a placing, the placing is answered as if it had come afterwards`, async () => {
    const request = requestOf(randomUUID());
    const { place, close } = interrupted(statements, () => store.place(request(other)));
    assert.equal(resultOf(await place(request(late))), outcome);
    await close();
  });
}

/** An order store that runs `act` after this many of its statements, before the next one. */
function interrupted(statements: number, act: () => Promise<unknown>) {
  const opened = openWithLongTimeouts(database.url, { size: 1 });
  let left = statements;
  const late = createOrderStore({
    adapter: intercepted(opened.adapter, async () => void (left-- === 0 && (await act()))),
  });
  return {
    place: (request: OrderRequest) => late.place(request),
    async close() {
      await late.close();
      await opened.close();
    },
  };
}

/** Runs `before` before each statement outside a transaction. */
function intercepted(adapter: Database['adapter'], before: () => Promise<void>): Database['adapter'] {
  const connect = adapter.connect.bind(adapter);
  adapter.connect = async () => {
    const connection = await connect();
    const queryRaw = connection.queryRaw.bind(connection);
    connection.queryRaw = async (query) => {
      await before();
      return queryRaw(query);
    };
    return connection;
  };
  return adapter;
}
