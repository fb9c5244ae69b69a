import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { asService, asUser } from './support/callers.ts';
import { ada, adaKing, startUsers, type Users } from './support/users.ts';

let users: Users;

before(async () => {
  users = await startUsers();
});
after(() => users.close());

test("another buyer's profile cannot be read, changed or deleted, and is answered like one that is not there", async () => {
  const [owner, stranger, nobody] = [randomUUID(), randomUUID(), randomUUID()];
  await users.create(owner);
  await users.create(stranger);
  const told = ({ status, body: { type, detail } }: Awaited<ReturnType<Users['ask']>>) => [status, type, detail];
  const attempts = [
    { of: (id: string) => users.read(stranger, id), refusal: [403, '/problems/forbidden'] },
    { of: (id: string) => users.update(stranger, adaKing, id), refusal: [404, '/problems/no-such-user'] },
    { of: (id: string) => users.remove(stranger, id), refusal: [404, '/problems/no-such-user'] },
    { of: (id: string) => users.readUser(asUser(stranger), id), refusal: [404, '/problems/no-such-user'] },
  ];
  for (const { of, refusal } of attempts) {
    const foreign = told(await of(owner));
    assert.deepEqual(foreign.slice(0, 2), refusal);
    assert.deepEqual(told(await of(nobody)), foreign);
    assert.deepEqual(told(await of('no-uuid')), foreign);
  }
  assert.deepEqual((await users.read(owner)).body, { id: owner, ...ada });
});

test('a buyer without a profile has none to read, to change or to delete', async () => {
  const userId = randomUUID();
  for (const refused of [
    await users.read(userId),
    await users.update(userId),
    await users.remove(userId),
    await users.readUser(asUser(userId), userId),
  ]) {
    assert.deepEqual([refused.status, refused.body.type], [404, '/problems/no-such-user']);
  }
});

test('without a token, or with that of a service where a buyer is needed, nothing is told or done', async () => {
  const userId = randomUUID();
  await users.create(userId);
  const operations = [
    ['createProfile', 'POST', '/api/v1/user', ada],
    ['readProfile', 'GET', `/api/v1/user/${userId}`],
    ['updateProfile', 'PUT', `/api/v1/user/${userId}`, adaKing],
    ['deleteProfile', 'DELETE', `/api/v1/user/${userId}`],
    ['readUser', 'GET', `/users/${userId}`],
  ] as const;
  for (const [operationId, method, path, body] of operations) {
    const stranger = await users.ask(operationId, method, path, { body, headers: { 'x-user-id': userId } });
    assert.deepEqual([stranger.status, stranger.body.type], [401, '/problems/unauthenticated']);
    if (operationId === 'readUser') continue;
    const role = await users.ask(operationId, method, path, { body, headers: asService('worker') });
    assert.deepEqual([role.status, role.body.type], [403, '/problems/forbidden']);
  }
  assert.equal((await users.store.find(userId))?.version, 1);
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
  [
    'a key twice',
    `{"username":"ada","username":"eve","firstName":"A","lastName":"L","email":"ada@example.org","phone":"123456"}`,
  ],
  [
    '__proto__',
    `{"__proto__":{"username":"eve"},"username":"ada","firstName":"A","lastName":"L","email":"ada@example.org","phone":"123456"}`,
  ],
];

for (const [why, body] of badBodies) {
  test(`a profile is not taken: ${why}`, async () => {
    const userId = randomUUID();
    assert.equal((await users.create(userId, body)).status, 400);
    assert.equal(await users.store.find(userId), undefined);
    await users.create(userId);
    // What a change may leave out is tested above.
    assert.equal((await users.update(userId, body)).body.type, '/problems/bad-request');
    assert.deepEqual([(await users.store.find(userId))?.version, users.startedOf(userId)], [1, [1]]);
  });
}

test('a body of another type, or too large, is not read', async () => {
  const userId = randomUUID();
  const form = await users.ask('createProfile', 'POST', '/api/v1/user', {
    headers: { ...asUser(userId), 'content-type': 'text/plain' },
    body: JSON.stringify(ada),
  });
  assert.deepEqual([form.status, form.body.type], [415, '/problems/unsupported-media-type']);
  const large = await users.create(userId, { ...ada, firstName: 'a'.repeat(20_000) });
  assert.deepEqual([large.status, large.body.type], [413, '/problems/payload-too-large']);
});

test('another method, and another address, are told so', async () => {
  const patched = await users.ask(undefined, 'PATCH', '/api/v1/user', { headers: asUser(randomUUID()) });
  assert.deepEqual([patched.status, patched.headers.get('allow')], [405, 'POST']);
  assert.equal((await users.ask(undefined, 'GET', '/api/v1/users')).status, 404);
});
