/** Sessions outside of the services hold rows locked. The services' other rows must stay usable. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createAuthStore } from '../../api/auth/store.ts';
import { createNotificationStore } from '../../api/notifications/store.ts';
import { createOrderStore } from '../../api/orders/store.ts';
import { createUserStore } from '../../api/users/store.ts';
import { databaseFault } from '../../lib/database-faults.ts';
import type { ServiceName } from '../../prisma/migrate.ts';
import { notificationOf } from '../support/kafka/notifications.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/database.ts';
import { forgottenSession } from '../support/postgres/sessions.ts';
import { paced, steady } from '../support/requests/paced.ts';

/** As in production. */
const TIMEOUTS = { statementMs: 2_500, connectMs: 1_500 };
/** Requests for other rows must take less time than a statement may take before a service answers 503. */
const OTHERS_MS = TIMEOUTS.statementMs;
const HELD = 12;
const ROUNDS = 2;

interface Case {
  of: string;
  service: ServiceName;
  /** Locks the rows whose ids or owners are in `$1`. */
  lock: string;
  open(database: TestDatabase): Subject;
}

interface Subject {
  /** Creates a row for this id. */
  create(id: string): Promise<unknown>;
  /** Waits for the locked row of this id. */
  waits(id: string): Promise<unknown>;
  close(): Promise<void>;
}

const password = (id: string, passwordHash = 'hash') => ({ id, username: id, passwordHash });
const RATE = { burst: 1_000, intervalMicros: 1 };

function authOf(
  database: TestDatabase,
  waits: (store: ReturnType<typeof createAuthStore>, id: string) => Promise<unknown>,
) {
  const store = createAuthStore(database);
  const open = (userId: string) =>
    store.openSession({ id: randomUUID(), tokenHash: userId, userId, passwordVersion: 1, ttlS: 60 });
  const create = async (id: string) => {
    await store.register(password(id));
    await open(id);
    assert.ok((await store.countSessionWrite(id, RATE))?.allowed);
    assert.ok(await store.countWrite(id, RATE));
  };
  return { create, waits: (id: string) => waits(store, id), close: () => store.close() };
}

function ordersOf(
  database: TestDatabase,
  waits: (store: ReturnType<typeof createOrderStore>, id: string) => Promise<unknown>,
) {
  const store = createOrderStore(database);
  const create = (id: string) => store.place(orderOf(id));
  return { create, waits: (id: string) => waits(store, id), close: () => store.close() };
}
const orderOf = (id: string) => ({
  id,
  ownerId: id,
  price: 30,
  ifMatch: 0,
  key: undefined,
  fingerprint: 'f',
  correlationId: 'c',
  traceparent: undefined,
});

const profile = { username: 'u', firstName: 'f', lastName: 'l', email: 'e', phone: 'p' };

const cases: readonly Case[] = [
  {
    of: 'orders to cancel',
    service: 'orders',
    lock: 'select from orders where id = any($1) for update',
    open: (database) => ordersOf(database, (store, id) => store.requestCancellation(id, 'buyer')),
  },
  {
    of: 'orders to settle',
    service: 'orders',
    lock: 'select from orders where id = any($1) for update',
    open: (database) => ordersOf(database, (store, id) => store.settle(id, 'SUCCESS', null)),
  },
  {
    of: 'next versions of order lists',
    service: 'orders',
    lock: `insert into orders (id, owner_id, price, version, status, fingerprint, correlation_id)
      select gen_random_uuid(), unnest($1::uuid[]), 1, 2, 'IN_PROGRESS', 'f', 'c'`,
    open: (database) =>
      ordersOf(database, (store, id) => store.place({ ...orderOf(randomUUID()), ownerId: id, ifMatch: 1 })),
  },
  {
    of: 'credentials of logins',
    service: 'auth',
    lock: 'select from credentials where id = any($1) for update',
    open: (database) =>
      authOf(database, (store, userId) =>
        store.openSession({ id: randomUUID(), tokenHash: randomUUID(), userId, passwordVersion: 1, ttlS: 60 }),
      ),
  },
  {
    of: 'credentials of changed passwords',
    service: 'auth',
    lock: 'select from credentials where id = any($1) for update',
    open: (database) =>
      authOf(database, (store, id) => store.changePassword({ ...password(id), passwordVersion: 1 }, 'next', undefined)),
  },
  {
    of: 'sessions to end',
    service: 'auth',
    lock: 'select from sessions where user_id = any($1) for update',
    open: (database) => authOf(database, (store, id) => store.endSession(id)),
  },
  {
    of: 'allowances of writes',
    service: 'auth',
    lock: 'select from write_allowances where user_id = any($1) for update',
    open: (database) => authOf(database, (store, id) => store.countSessionWrite(id, RATE)),
  },
  {
    of: 'profiles to change',
    service: 'users',
    lock: 'select from profiles where user_id = any($1) for update',
    open(database) {
      const store = createUserStore(database);
      return {
        create: (id) => store.create(id, profile),
        waits: (id) => store.update(id, profile),
        close: () => store.close(),
      };
    },
  },
  {
    of: 'messages to mark as sent',
    service: 'notifications',
    lock: 'select from notifications where id = any($1) for update',
    open(database) {
      const store = createNotificationStore(database);
      return {
        create: (id) => store.record({ ...notificationOf(id), id }),
        waits: (id) => store.markSent(id),
        close: () => store.close(),
      };
    },
  },
];

for (const { of, service, lock, open } of cases)
  test(`while sessions hold ${HELD} ${of}, all others are served`, async (t) => {
    const database = await createDatabase(service, TIMEOUTS);
    const subject = open(database);
    t.after(async () => {
      await subject.close();
      await database.close();
    });
    const held = Array.from({ length: HELD }, () => randomUUID());
    await Promise.all(held.map((id) => subject.create(id)));
    const sessions = await forgottenSession(database.url, lock, [held]);

    const faults = Promise.all(held.map((id) => paced(1_000, ROUNDS, () => faultOf(subject.waits(id)))));
    const { slowestMs } = await steady(faults, async () => {
      const other = randomUUID();
      await subject.create(other);
      await subject.waits(other);
    });
    assert.ok(slowestMs < OTHERS_MS, `the statements of another buyer took ${slowestMs} ms`);
    assert.deepEqual(new Set((await faults).flat()), new Set(['timeout']));

    // Statements that still wait when the locks are released succeed.
    const waiting = Promise.all(held.map((id) => faultOf(subject.waits(id))));
    await sessions.end(false);
    assert.deepEqual(new Set(await waiting), new Set(['none']));
  });

const faultOf = (statement: Promise<unknown>) =>
  statement.then(
    () => 'none',
    (error: unknown) => databaseFault(error) ?? String(error),
  );
