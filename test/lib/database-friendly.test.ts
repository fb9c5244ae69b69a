/** All other tests run on a server with hostile defaults. Statements also work on the defaults that most servers have. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createAuthStore } from '../../api/auth/store.ts';
import { createBillingStore } from '../../api/billing/store.ts';
import { createNotificationStore } from '../../api/notifications/store.ts';
import { createOrderStore } from '../../api/orders/store.ts';
import { createUserStore } from '../../api/users/store.ts';
import { createDatabase } from '../support/postgres/database.ts';

const FRIENDLY = { isFriendly: true };

test('orders are placed, settled and found', async () => {
  const database = await createDatabase('orders', FRIENDLY);
  const store = createOrderStore(database);
  const [id, ownerId, beforeMs] = [randomUUID(), randomUUID(), Date.now()];
  const asked = { id, ownerId, price: 5, ifMatch: 0, key: undefined, fingerprint: 'f', correlationId: 'test' };
  assert.equal((await store.place(asked)).kind, 'placed');
  const order = await store.settle(id, 'SUCCESS', null);
  assert.equal(order?.status, 'SUCCESS');
  assert.ok(Math.abs(Date.parse(order.createdAt) - beforeMs) < 60_000, order.createdAt);
  await database.check();
  await store.close();
  await database.close();
});

test('users register and log in', async () => {
  const database = await createDatabase('auth', FRIENDLY);
  const store = createAuthStore(database);
  const [id, tokenHash] = [randomUUID(), randomUUID()];
  assert.equal(await store.register({ id, username: 'Iris', passwordHash: 'h' }), true);
  assert.equal(await store.openSession({ id, tokenHash, userId: id, passwordVersion: 1, ttlS: 60 }), true);
  assert.equal(await store.sessionOwner(tokenHash), id);
  await store.close();
  await database.close();
});

test('money moves, profiles change and messages are recorded', async () => {
  const [billing, users, notifications] = await Promise.all(
    (['billing', 'users', 'notifications'] as const).map((service) => createDatabase(service, FRIENDLY)),
  );
  const [money, profiles, inbox] = [
    createBillingStore(billing!),
    createUserStore(users!),
    createNotificationStore(notifications!),
  ];
  const [ownerId, orderId] = [randomUUID(), randomUUID()];
  await money.replenish({ ownerId, scope: 'client', kind: 'replenishment', key: randomUUID(), amount: 7 });
  assert.equal(await money.balance(ownerId), 7);
  const data = { username: 'ada', firstName: 'Ada', lastName: 'King', email: 'ada@example.com', phone: '+4401' };
  assert.equal((await profiles.create(ownerId, data))?.version, 1);
  const event = { id: randomUUID(), userId: ownerId, orderId, eventName: 'OrderCreated', message: 'm' } as const;
  assert.equal(await inbox.record({ ...event, correlationId: 'test' }), true);
  for (const each of [money, profiles, inbox, billing!, users!, notifications!]) await each.close();
});
