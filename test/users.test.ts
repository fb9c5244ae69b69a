import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { usersApi } from '../api/users/app.ts';
import { createUserStore, type ProfileChange, type UserStore } from '../api/users/store.ts';
import { openDatabase } from '../lib/database.ts';
import type { Listener } from '../lib/listen.ts';
import { createLog } from '../lib/log.ts';
import { resolveDocument } from '../lib/openapi.ts';
import bundled from '../specs/generated/preferable/openapi.json' with { type: 'json' };
import { asService, asUser, trustingVerifier } from './support/callers.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { assertDocumented } from './support/openapi.ts';
import { serveQuietly } from './support/service.ts';

const ada = { username: 'ada', firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.org', phone: '+44 20 7946 0958' };
const { username: _, ...adaAgain } = { ...ada, lastName: 'King' };

let database: TestDatabase;
let store: UserStore;
let service: Listener;
/** What was asked of Temporal, and what it does about it. */
const started: ProfileChange[] = [];
let temporal: () => Promise<void> = async () => {};

const serve = async (of: UserStore) =>
  serveQuietly('users', [
    usersApi({
      store: of,
      startProfile: async (change) => {
        started.push(change);
        await temporal();
      },
      log: createLog('silent'),
      document: await resolveDocument(bundled),
      verify: trustingVerifier,
    }),
  ]);

before(async () => {
  database = await createDatabase('users');
  store = createUserStore(database);
  service = await serve(store);
});

after(async () => {
  await service.close();
  await store.close();
  await database.close();
});

interface Sent {
  headers?: Record<string, string>;
  /** Sent as JSON unless it is text. */
  body?: unknown;
}

/** Sends a request, and checks that its answer is one that the contract has. */
async function ask(operationId: string | undefined, method: string, path: string, { headers = {}, body }: Sent = {}, at = service) {
  const response = await fetch(at.url + path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await assertDocumented(operationId, response) };
}

const create = (userId: string, body: unknown = ada) => ask('createProfile', 'POST', '/api/v1/user', { headers: asUser(userId), body });
const read = (caller: string, id = caller) => ask('readProfile', 'GET', `/api/v1/user/${id}`, { headers: asUser(caller) });
const update = (caller: string, body: unknown = adaAgain, id = caller) => ask('updateProfile', 'PUT', `/api/v1/user/${id}`, { headers: asUser(caller), body });
const remove = (caller: string, id = caller) => ask('deleteProfile', 'DELETE', `/api/v1/user/${id}`, { headers: asUser(caller) });
const readUser = (headers: Record<string, string>, id: string) => ask('readUser', 'GET', `/users/${id}`, { headers });
const startedOf = (userId: string) => started.filter((change) => change.userId === userId).map(({ version }) => version);
const unstartedOf = async (userId: string) => (await store.unstartedChanges(0, 1000)).filter((change) => change.userId === userId).map(({ version }) => version);

test('a buyer makes a profile under their own id, once', async () => {
  const userId = randomUUID();
  const { status, headers, body } = await create(userId);
  assert.deepEqual([status, headers.get('location'), body], [201, `/api/v1/user/${userId}`, { id: userId }]);
  assert.deepEqual((await read(userId)).body, { id: userId, ...ada });

  const again = await create(userId, { ...ada, firstName: 'Augusta' });
  assert.deepEqual([again.status, again.body.type], [409, '/problems/profile-exists']);
  assert.equal((await read(userId)).body.firstName, 'Ada');
  assert.deepEqual([startedOf(userId), await unstartedOf(userId)], [[1], []]);
});

test('of ten creates at once one is taken', async () => {
  const userId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => create(userId)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)]);
  assert.deepEqual(startedOf(userId), [1]);
});

test('a change replaces the profile, except for a username that is left out', async () => {
  const userId = randomUUID();
  await create(userId);
  const changed = await update(userId);
  assert.deepEqual([changed.status, changed.body], [200, { id: userId, ...ada, lastName: 'King' }]);
  assert.equal((await update(userId, { ...ada, username: 'augusta' })).body.username, 'augusta');
  assert.deepEqual([startedOf(userId), await unstartedOf(userId)], [[1, 2, 3], []]);
});

test('twenty changes at once get twenty versions', async () => {
  const userId = randomUUID();
  await create(userId);
  const names = Array.from({ length: 20 }, (_each, n) => `Ada ${n}`);
  const answers = await Promise.all(names.map((firstName) => update(userId, { ...adaAgain, firstName })));
  assert.deepEqual(answers.map(({ body }) => body.firstName), names, 'each is answered with what it asked for');
  assert.deepEqual(startedOf(userId).sort((a, b) => a - b), Array.from({ length: 21 }, (_each, n) => n + 1));
  assert.equal((await store.find(userId))?.version, 21);
});

test('a deletion leaves nothing personal, and the next profile goes on with its versions', async () => {
  const userId = randomUUID();
  await create(userId);
  assert.deepEqual([(await remove(userId)).status, (await remove(userId)).status], [204, 404]);
  const rows = await database.query('select version, username, first_name, last_name, email, phone, deleted_at is not null as deleted from profiles where user_id = $1', [userId]);
  assert.deepEqual(rows, [{ version: 2, username: null, first_name: null, last_name: null, email: null, phone: null, deleted: true }]);
  for (const gone of [await read(userId), await update(userId), await readUser(asService('worker'), userId)]) assert.equal(gone.body.type, '/problems/no-such-user');

  assert.equal((await create(userId, { ...ada, phone: '123456' })).status, 201);
  const user = await readUser(asService('worker'), userId);
  assert.deepEqual(user.body, { userId, ...ada, phone: '123456', version: 3 });
  assert.deepEqual(startedOf(userId), [1, 2, 3]);
});

test("another buyer's profile cannot be read, changed or deleted, and is answered like one that is not there", async () => {
  const [owner, stranger, nobody] = [randomUUID(), randomUUID(), randomUUID()];
  await create(owner);
  await create(stranger);
  const told = ({ status, body: { type, detail } }: Awaited<ReturnType<typeof ask>>) => [status, type, detail];
  const attempts = [
    { of: (id: string) => read(stranger, id), refusal: [403, '/problems/forbidden'] },
    { of: (id: string) => update(stranger, adaAgain, id), refusal: [404, '/problems/no-such-user'] },
    { of: (id: string) => remove(stranger, id), refusal: [404, '/problems/no-such-user'] },
    { of: (id: string) => readUser(asUser(stranger), id), refusal: [404, '/problems/no-such-user'] },
  ];
  for (const { of, refusal } of attempts) {
    const foreign = told(await of(owner));
    assert.deepEqual(foreign.slice(0, 2), refusal);
    assert.deepEqual(told(await of(nobody)), foreign);
    assert.deepEqual(told(await of('no-uuid')), foreign);
  }
  assert.deepEqual((await read(owner)).body, { id: owner, ...ada });
});

test('a buyer without a profile has none to read, to change or to delete', async () => {
  const userId = randomUUID();
  for (const refused of [await read(userId), await update(userId), await remove(userId), await readUser(asUser(userId), userId)]) {
    assert.deepEqual([refused.status, refused.body.type], [404, '/problems/no-such-user']);
  }
});

test('services read any profile, and buyers their own, with its version', async () => {
  const userId = randomUUID();
  await create(userId);
  for (const caller of [asService('notifications'), asUser(userId)]) assert.deepEqual((await readUser(caller, userId)).body, { userId, ...ada, version: 1 });
  assert.equal((await readUser(asUser(userId), userId.toUpperCase())).status, 200);
  assert.equal((await readUser(asService('worker'), 'no-uuid')).status, 404);
});

test('without a token, or with that of a service where a buyer is needed, nothing is told or done', async () => {
  const userId = randomUUID();
  await create(userId);
  const operations = [
    ['createProfile', 'POST', '/api/v1/user', ada],
    ['readProfile', 'GET', `/api/v1/user/${userId}`],
    ['updateProfile', 'PUT', `/api/v1/user/${userId}`, adaAgain],
    ['deleteProfile', 'DELETE', `/api/v1/user/${userId}`],
    ['readUser', 'GET', `/users/${userId}`],
  ] as const;
  for (const [operationId, method, path, body] of operations) {
    const stranger = await ask(operationId, method, path, { body, headers: { 'x-user-id': userId } });
    assert.deepEqual([stranger.status, stranger.body.type], [401, '/problems/unauthenticated']);
    if (operationId === 'readUser') continue;
    const role = await ask(operationId, method, path, { body, headers: asService('worker') });
    assert.deepEqual([role.status, role.body.type], [403, '/problems/forbidden']);
  }
  assert.equal((await store.find(userId))?.version, 1);
});

const badBodies: ReadonlyArray<readonly [why: string, body: unknown]> = [
  ['not JSON', '{"username": '],
  ['no object', []],
  ['empty', '{}'],
  ['a property is missing', { ...ada, email: undefined }],
  ['an unknown property', { ...ada, role: 'admin' }],
  ['a version', { ...ada, version: 7 }],
  ['a number for a name', { ...ada, firstName: 1 }],
  ['null for a name', { ...ada, lastName: null }],
  ['an empty name', { ...ada, firstName: '' }],
  ['a name that is too long', { ...ada, firstName: 'a'.repeat(101) }],
  ['a line break in a name', { ...ada, firstName: 'Ada\r\nBcc: all@example.org' }],
  ['a NUL in a name', { ...ada, lastName: 'a\u0000b' }],
  ['an address that is none', { ...ada, email: 'ada' }],
  ['two addresses', { ...ada, email: 'ada@example.org, bob@example.org' }],
  ['a phone with letters', { ...ada, phone: 'call me' }],
  ['a key twice', `{"username":"ada","username":"eve","firstName":"A","lastName":"L","email":"ada@example.org","phone":"123456"}`],
  ['__proto__', `{"__proto__":{"username":"eve"},"username":"ada","firstName":"A","lastName":"L","email":"ada@example.org","phone":"123456"}`],
];

for (const [why, body] of badBodies) {
  test(`a profile is not taken: ${why}`, async () => {
    const userId = randomUUID();
    assert.equal((await create(userId, body)).status, 400);
    assert.equal(await store.find(userId), undefined);
    await create(userId);
    // What a change may leave out is tested above.
    assert.equal((await update(userId, body)).body.type, '/problems/bad-request');
    assert.deepEqual([(await store.find(userId))?.version, startedOf(userId)], [1, [1]]);
  });
}

test('a body of another type, or too large, is not read', async () => {
  const userId = randomUUID();
  const form = await ask('createProfile', 'POST', '/api/v1/user', { headers: { ...asUser(userId), 'content-type': 'text/plain' }, body: JSON.stringify(ada) });
  assert.deepEqual([form.status, form.body.type], [415, '/problems/unsupported-media-type']);
  const large = await create(userId, { ...ada, firstName: 'a'.repeat(20_000) });
  assert.deepEqual([large.status, large.body.type], [413, '/problems/payload-too-large']);
});

test('another method, and another address, are told so', async () => {
  const patched = await ask(undefined, 'PATCH', '/api/v1/user', { headers: asUser(randomUUID()) });
  assert.deepEqual([patched.status, patched.headers.get('allow')], [405, 'POST']);
  assert.equal((await ask(undefined, 'GET', '/api/v1/users')).status, 404);
});

test('while Temporal is away profiles are written all the same, and the auditor finds what was not started', async () => {
  const userId = randomUUID();
  temporal = async () => {
    throw new Error('Temporal is away');
  };
  assert.deepEqual([(await create(userId)).status, (await update(userId)).status, (await remove(userId)).status], [201, 200, 204]);
  temporal = async () => {};
  assert.deepEqual(await unstartedOf(userId), [1, 2, 3]);

  await store.markStarted({ userId, version: 2 });
  await store.markStarted({ userId, version: 2 });
  assert.deepEqual(await unstartedOf(userId), [1, 3]);
});

test('the auditor is given the oldest changes first, no more than it asks for, and none that may still be starting', async () => {
  const userId = randomUUID();
  temporal = async () => {
    throw new Error('Temporal is away');
  };
  for (const act of [create, update, update]) await act(userId);
  temporal = async () => {};
  await database.query(`update profile_changes set created_at = created_at - make_interval(hours => 10 - version) where user_id = $1`, [userId]);
  assert.deepEqual(await store.unstartedChanges(3_600_000, 2), [
    { userId, version: 1 },
    { userId, version: 2 },
  ]);
  assert.deepEqual(await store.unstartedChanges(24 * 3_600_000, 10), []);
});

test('a change that was started and could not be noted so is answered, and started again later', async () => {
  const userId = randomUUID();
  const failing = await serve({ ...store, markStarted: () => Promise.reject(new Error('the database went away')) });
  assert.equal((await ask('createProfile', 'POST', '/api/v1/user', { headers: asUser(userId), body: ada }, failing)).status, 201);
  await failing.close();
  assert.deepEqual([startedOf(userId), await unstartedOf(userId)], [[1], [1]]);
});

test('without its database the service says that it is unavailable', async () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:1/nothing');
  const unreachable = await serve(createUserStore(away));
  const userId = randomUUID();
  const { status, headers, body } = await ask('readProfile', 'GET', `/api/v1/user/${userId}`, { headers: asUser(userId) }, unreachable);
  assert.deepEqual([status, headers.get('retry-after'), body.type], [503, '1', '/problems/unavailable']);
  await unreachable.close();
  await away.close();
});
