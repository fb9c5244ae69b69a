/** Profiles are created, changed, deleted and read, and each change starts its workflow once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { createUserStore } from '../../../api/users/store.ts';
import { openDatabase } from '../../../lib/database.ts';
import { asService, asUser } from '../../support/requests/callers.ts';
import { createContractClient } from '../../support/requests/contract-client.ts';
import { ada, adaKing, startUsers, type Users } from '../../support/shop/users.ts';

let users: Users;

before(async () => {
  users = await startUsers();
});
after(() => users.close());

test('a buyer can create one profile, under their own id', async () => {
  const userId = randomUUID();
  const { status, headers, body } = await users.create(userId);
  assert.deepEqual([status, headers.get('location'), body], [201, `/api/v1/user/${userId}`, { id: userId }]);
  assert.deepEqual((await users.read(userId)).body, { id: userId, ...ada });

  const again = await users.create(userId, { ...ada, firstName: 'Augusta' });
  assert.deepEqual([again.status, again.body.type], [409, '/problems/profile-exists']);
  assert.equal((await users.read(userId)).body.firstName, 'Ada');
  assert.deepEqual([users.startedOf(userId), await users.unstartedOf(userId)], [[1], []]);
});

test('of ten concurrent creations, one succeeds', async () => {
  const userId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => users.create(userId)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
  assert.deepEqual(users.startedOf(userId), [1]);
});

test('a change replaces the profile but keeps the username if it is omitted', async () => {
  const userId = randomUUID();
  await users.create(userId);
  const changed = await users.update(userId);
  assert.deepEqual([changed.status, changed.body], [200, { id: userId, ...ada, lastName: 'King' }]);
  assert.equal((await users.update(userId, { ...ada, username: 'augusta' })).body.username, 'augusta');
  assert.deepEqual([users.startedOf(userId), await users.unstartedOf(userId)], [[1, 2, 3], []]);
});

test('the SQL statement in docs/backup.md announces every profile again, under an unused version', async () => {
  const [existing, deleted] = [randomUUID(), randomUUID()];
  for (const userId of [existing, deleted]) await users.create(userId);
  await users.remove(deleted);
  const [, statement] = /```sql\n([^`]+)```/.exec(await readFile('docs/backup.md', 'utf8'))!;
  await users.database.query(statement!);
  const [raised] = await users.unstartedOf(existing);
  assert.ok(raised! > 29_000_000, 'the new version grows with each minute');
  assert.ok((await users.unstartedOf(deleted))[0]! > raised!);
  assert.equal((await users.update(existing)).status, 200);
  assert.deepEqual(users.startedOf(existing), [1, raised! + 1]);
});

test('twenty concurrent changes get twenty versions', async () => {
  const userId = randomUUID();
  await users.create(userId);
  const names = Array.from({ length: 20 }, (_each, n) => `Ada ${n}`);
  const answers = await Promise.all(names.map((firstName) => users.update(userId, { ...adaKing, firstName })));
  assert.deepEqual(
    answers.map(({ body }) => body.firstName),
    names,
    'each answer contains its own change',
  );
  assert.deepEqual(
    users.startedOf(userId).sort((a, b) => a - b),
    Array.from({ length: 21 }, (_each, n) => n + 1),
  );
  assert.equal((await users.store.find(userId))?.version, 21);
});

test('a deletion removes all personal data, and the next profile continues the versions', async () => {
  const userId = randomUUID();
  await users.create(userId);
  assert.deepEqual([(await users.remove(userId)).status, (await users.remove(userId)).status], [204, 404]);
  const rows = await users.database.query(
    'select version, username, first_name, last_name, email, phone, deleted_at is not null as deleted from profiles where user_id = $1',
    [userId],
  );
  assert.deepEqual(rows, [
    { version: 2, username: null, first_name: null, last_name: null, email: null, phone: null, deleted: true },
  ]);
  const requests = [
    users.read(userId),
    users.update(userId),
    users.readUser(asUser(userId), userId),
    users.readUser(asService('worker'), userId),
  ];
  assert.deepEqual(
    (await Promise.all(requests)).map(({ body }) => [body.type, body.version]),
    [undefined, undefined, undefined, 2].map((version) => ['/problems/no-such-user', version]),
  );

  assert.equal((await users.create(userId, { ...ada, phone: '123456' })).status, 201);
  const user = await users.readUser(asService('worker'), userId);
  assert.deepEqual(user.body, { userId, ...ada, phone: '123456', version: 3 });
  assert.deepEqual(users.startedOf(userId), [1, 2, 3]);
});

test('services can read any profile and buyers their own, with its version', async () => {
  const userId = randomUUID();
  await users.create(userId);
  for (const caller of [asService('notifications'), asUser(userId)])
    assert.deepEqual((await users.readUser(caller, userId)).body, { userId, ...ada, version: 1 });
  assert.equal((await users.readUser(asUser(userId), userId.toUpperCase())).status, 200);
  assert.equal((await users.readUser(asService('worker'), 'no-uuid')).status, 404);
});

test('while Temporal is unavailable profiles are still written, and their changes stay listed as unstarted', async () => {
  const userId = randomUUID();
  const answers = await users.withoutTemporal(async () => [
    await users.create(userId),
    await users.update(userId),
    await users.remove(userId),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 200, 204],
  );
  assert.deepEqual(await users.unstartedOf(userId), [1, 2, 3]);

  await users.store.markStarted({ userId, version: 2 });
  await users.store.markStarted({ userId, version: 2 });
  assert.deepEqual(await users.unstartedOf(userId), [1, 3]);
});

test('unstarted changes are listed oldest first, up to the limit, without those that may still be starting', async () => {
  const userId = randomUUID();
  await users.withoutTemporal(async () => {
    for (const act of [users.create, users.update, users.update]) await act(userId);
  });
  await users.database.query(
    `update profile_changes set created_at = created_at - make_interval(hours => 10 - version) where user_id = $1`,
    [userId],
  );
  assert.deepEqual(
    (await users.store.unstartedChanges(3_600_000, 2)).map((change) => [change.userId, change.version]),
    [
      [userId, 1],
      [userId, 2],
    ],
  );
  assert.deepEqual(await users.store.unstartedChanges(24 * 3_600_000, 10), []);
});

test('the workflow of a change gets the correlation id and trace of its request, also if the auditor starts it', async () => {
  const userId = randomUUID();
  const origin = {
    correlationId: randomUUID(),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  const headers = { ...asUser(userId), 'x-correlation-id': origin.correlationId, traceparent: origin.traceparent };
  await users.withoutTemporal(() => users.ask('createProfile', 'POST', '/api/v1/user', { headers, body: ada }));
  const change = { userId, version: 1, ...origin };
  assert.deepEqual(
    [users.started.at(-1), (await users.store.unstartedChanges(0, 1000)).find((each) => each.userId === userId)],
    [change, change],
  );
});

test('a change whose start could not be recorded is answered, and stays listed as unstarted', async () => {
  const userId = randomUUID();
  const failing = await users.serve({
    ...users.store,
    markStarted: () => Promise.reject(new Error('the database is down')),
  });
  assert.equal(
    (
      await createContractClient(failing.url)('createProfile', 'POST', '/api/v1/user', {
        headers: asUser(userId),
        body: ada,
      })
    ).status,
    201,
  );
  await failing.close();
  assert.deepEqual([users.startedOf(userId), await users.unstartedOf(userId)], [[1], [1]]);
});

test('without its database the service answers 503 with Retry-After', async () => {
  const unreachableDatabase = openDatabase('postgres://user@127.0.0.1:1/nothing');
  const unreachable = await users.serve(createUserStore(unreachableDatabase));
  const userId = randomUUID();
  const { status, headers, body } = await createContractClient(unreachable.url)(
    'readProfile',
    'GET',
    `/api/v1/user/${userId}`,
    {
      headers: asUser(userId),
    },
  );
  assert.deepEqual([status, headers.get('retry-after'), body.type], [503, '1', '/problems/unavailable']);
  await unreachable.close();
  await unreachableDatabase.close();
});
