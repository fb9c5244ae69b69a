/**
 * A statement or transaction that loses a race is repeated. Sessions that have lost our isolation level lose races all
 * the time.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createAuthStore } from '../../api/auth/store.ts';
import { createBillingStore } from '../../api/billing/store.ts';
import { createNotificationStore } from '../../api/notifications/store.ts';
import { createOperatorActStore } from '../../api/orders/operator-act-store.ts';
import { createOrderStore } from '../../api/orders/store.ts';
import { createUserStore } from '../../api/users/store.ts';
import type { Database } from '../../lib/database.ts';
import { retryLostRace } from '../../lib/retry-lost-race.ts';
import type { ServiceName } from '../../prisma/migrate.ts';
import { createDatabase, openWithLongTimeouts, type TestDatabase } from '../support/postgres/database.ts';
import { override } from '../support/postgres/sessions.ts';

const SESSIONS = 12;
const LEVELS = ['repeatable read', 'serializable'];
const lost = Object.assign(new Error('could not serialize access'), { code: '40001' });

interface Closable {
  close(): Promise<void>;
}

/** Runs `act` with a store for each of several connections that have this isolation level. */
async function withStores<Store extends Closable>(
  { service, isolation }: { service: ServiceName; isolation: string },
  createStore: (database: Database) => Store,
  act: (stores: Store[], database: TestDatabase) => Promise<void>,
): Promise<void> {
  const database = await createDatabase(service);
  const opened = Array.from({ length: SESSIONS }, () => openWithLongTimeouts(database.url, { size: 1 }));
  await Promise.all(opened.map((each) => override(each, { default_transaction_isolation: isolation })));
  const stores = opened.map(createStore);
  await act(stores, database);
  for (const each of [...stores, ...opened, database]) await each.close();
}

for (const isolation of LEVELS) {
  test(`concurrent orders of one buyer are all placed at ${isolation}`, () =>
    withStores({ service: 'orders', isolation }, createOrderStore, async (stores) => {
      const ownerId = randomUUID();
      const common = { ownerId, price: 5, ifMatch: undefined, fingerprint: 'f', correlationId: 'test' };
      const placed = await Promise.all(
        stores.map((store) => store.place({ ...common, id: randomUUID(), key: randomUUID() })),
      );
      assert.deepEqual(
        placed.map((each) => 'order' in each && each.order.version).sort((a, b) => Number(a) - Number(b)),
        stores.map((_, n) => n + 1),
      );
    }));

  test(`concurrent requests under one key place one order at ${isolation}`, () =>
    withStores({ service: 'orders', isolation }, createOrderStore, async (stores) => {
      const [ownerId, id, key] = [randomUUID(), randomUUID(), randomUUID()];
      const asked = { id, ownerId, price: 5, ifMatch: 0, key, fingerprint: 'f', correlationId: 'test' };
      const kinds = (await Promise.all(stores.map((store) => store.place(asked)))).map(({ kind }) => kind);
      assert.deepEqual(kinds.sort(), [...Array<string>(SESSIONS - 1).fill('found'), 'placed']);
    }));

  test(`concurrent charges of one account all take effect at ${isolation}`, () =>
    withStores({ service: 'billing', isolation }, createBillingStore, async (stores) => {
      const ownerId = randomUUID();
      const movement = { ownerId, scope: 'order', amount: 1 } as const;
      await stores[0]!.replenish({ ...movement, kind: 'replenishment', key: randomUUID(), amount: 100 });
      const charge = { ...movement, kind: 'withdrawal' } as const;
      await Promise.all(stores.map((store) => store.withdraw({ ...charge, key: randomUUID() })));
      assert.equal(await stores[0]!.balance(ownerId), 100 - SESSIONS);
    }));

  test(`concurrent changes of one profile all take effect at ${isolation}`, () =>
    withStores({ service: 'users', isolation }, createUserStore, async (stores) => {
      const userId = randomUUID();
      const data = { firstName: 'Ada', lastName: 'King', email: 'ada@example.com', phone: '+4401' };
      const created = await Promise.all(stores.map((store) => store.create(userId, { ...data, username: 'ada' })));
      assert.equal(created.filter(Boolean).length, 1);
      await Promise.all(stores.map((store) => store.update(userId, data)));
      assert.equal((await stores[0]!.find(userId))?.version, SESSIONS + 1);
    }));

  test(`concurrent registrations and writes of one user are all decided at ${isolation}`, () =>
    withStores({ service: 'auth', isolation }, createAuthStore, async (stores) => {
      const ids = stores.map(() => randomUUID());
      const registered = await Promise.all(
        stores.map((store, n) => store.register({ id: ids[n]!, username: 'Iris', passwordHash: 'h' })),
      );
      assert.equal(registered.filter(Boolean).length, 1);
      const { id } = (await stores[0]!.findCredential('IRIS'))!;
      const rate = { burst: 5, intervalMicros: 3_600_000_000 };
      const allowed = await Promise.all(stores.map((store) => store.countWrite(id, rate)));
      assert.equal(allowed.filter(Boolean).length, 5);
      await Promise.all(stores.map((store, n) => store.addSigningKey(keyOf(n), 60)));
      assert.equal((await stores[0]!.signingKeys()).length, 1);
    }));

  test(`one of several concurrent password changes wins, and no login survives it at ${isolation}`, () =>
    withStores({ service: 'auth', isolation }, createAuthStore, async (stores) => {
      const [first, ...others] = stores;
      await first!.register({ id: randomUUID(), username: 'ada', passwordHash: 'old' });
      const credential = (await first!.findCredential('ada'))!;
      const session = () => ({ id: randomUUID(), tokenHash: randomUUID(), userId: credential.id, ttlS: 60 });
      const [changed] = await Promise.all([
        Promise.all([1, 2].map((n) => first!.changePassword(credential, `new ${n}`, undefined))),
        ...others.map((store) => store.openSession({ ...session(), passwordVersion: credential.passwordVersion })),
      ]);
      assert.equal(changed.filter(Boolean).length, 1);
      assert.deepEqual(await first!.sessionsOf(credential.id, { limit: 100 }), []);
    }));

  test(`an event that several consumers record at once makes one message at ${isolation}`, () =>
    withStores({ service: 'notifications', isolation }, createNotificationStore, async (stores) => {
      const ids = { id: randomUUID(), userId: randomUUID(), orderId: randomUUID() };
      const event = { ...ids, eventName: 'OrderCreated', message: 'm', correlationId: 'test' } as const;
      const recorded = await Promise.all(stores.map((store) => store.record(event)));
      assert.equal(recorded.filter(Boolean).length, 1);
      const claimed = (await Promise.all(stores.map((store) => store.claim(5, 60_000)))).flat();
      assert.equal(claimed.length, 1);
      await Promise.all(stores.map((store) => store.markSent(claimed[0]!.id)));
      assert.equal(await stores[0]!.pending(), 0);
    }));

  test(`operators who act and restore at once all succeed at ${isolation}`, () =>
    withStores(
      { service: 'orders', isolation },
      (database) => ({ ...createOperatorActStore(database), orders: createOrderStore(database) }),
      async (stores) => {
        const acts = stores.map(({ begin }) => begin({ operator: 'o', act: 'retry', subject: 's', reason: 'r' }));
        await Promise.all(stores.map(async ({ finish }, n) => finish(await acts[n]!, 'done')));
        assert.equal((await stores[0]!.of('s')).length, SESSIONS);

        const userId = randomUUID();
        const restored = await Promise.all(stores.map(({ orders }, n) => orders.restore(lostOrder(userId, n))));
        assert.deepEqual(
          restored.map((each) => each?.version).sort((a, b) => a! - b!),
          Array.from({ length: SESSIONS }, (_, n) => 1 + Math.floor(n / 2)),
        );
        for (const { orders } of stores) await orders.close();
      },
    ));
}

const keyOf = (n: number) => ({ kid: `key ${n}`, privateKey: 'p', publicJwk: {} });

/** Two callers each restore the same order. */
const ids = Array.from({ length: SESSIONS / 2 }, () => randomUUID());
const lostOrder = (userId: string, n: number) => ({
  id: ids[n % ids.length]!,
  userId,
  price: 5,
  status: 'IN_PROGRESS' as const,
  reason: null,
  firstStatus: null,
  cancelCause: null,
  createdAt: '2026-11-28T21:00:00.000Z',
  correlationId: 'test',
  traceparent: null,
  fingerprint: 'f',
});

test('a race that is always lost is given up, with the reason', async () => {
  let attempts = 0;
  const losing = async () => {
    attempts++;
    throw lost;
  };
  await assert.rejects(retryLostRace(losing, 60_000), lost);
  assert.ok(attempts > 10, `${attempts} attempts`);
  attempts = 0;
  await assert.rejects(retryLostRace(losing, 0), lost);
  assert.equal(attempts, 1);
});

test('another error is not repeated', async () => {
  let attempts = 0;
  const failing = async () => {
    attempts++;
    throw new Error('a bug');
  };
  await assert.rejects(retryLostRace(failing, 60_000), /a bug/);
  assert.equal(attempts, 1);
});
