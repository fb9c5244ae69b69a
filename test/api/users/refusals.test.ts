/** What the users service refuses. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { asService, asUser } from '../../support/requests/callers.ts';
import { ada, adaKing, startUsers, type Users } from '../../support/shop/users.ts';

let users: Users;

before(async () => {
  users = await startUsers();
});
after(() => users.close());

test("another buyer's profile cannot be read, changed or deleted, and is answered like an unknown one", async () => {
  const [owner, stranger, unknown] = [randomUUID(), randomUUID(), randomUUID()];
  await users.create(owner);
  await users.create(stranger);
  const summaryOf = ({ status, body: { type, detail } }: Awaited<ReturnType<Users['ask']>>) => [status, type, detail];
  const attempts = [
    { of: (id: string) => users.read(stranger, id), refusal: [403, '/problems/forbidden'] },
    { of: (id: string) => users.update(stranger, adaKing, id), refusal: [404, '/problems/no-such-user'] },
    { of: (id: string) => users.remove(stranger, id), refusal: [404, '/problems/no-such-user'] },
    { of: (id: string) => users.readUser(asUser(stranger), id), refusal: [404, '/problems/no-such-user'] },
  ];
  for (const { of, refusal } of attempts) {
    const foreign = summaryOf(await of(owner));
    assert.deepEqual(foreign.slice(0, 2), refusal);
    assert.deepEqual(summaryOf(await of(unknown)), foreign);
    assert.deepEqual(summaryOf(await of('no-uuid')), foreign);
  }
  assert.deepEqual((await users.read(owner)).body, { id: owner, ...ada });
});

test('a buyer without a profile is answered 404 when reading, changing or deleting it', async () => {
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

test('requests without a token, or with a service token where a buyer is required, are refused', async () => {
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
  ['not an object', []],
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
  ['an invalid address', { ...ada, email: 'ada' }],
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
  test(`an invalid profile is refused: ${why}`, async () => {
    const userId = randomUUID();
    assert.equal((await users.create(userId, body)).status, 400);
    assert.equal(await users.store.find(userId), undefined);
    await users.create(userId);
    assert.equal((await users.update(userId, body)).body.type, '/problems/bad-request');
    assert.deepEqual([(await users.store.find(userId))?.version, users.startedOf(userId)], [1, [1]]);
  });
}

test('a body of another content type or above the size limit is refused', async () => {
  const userId = randomUUID();
  const form = await users.ask('createProfile', 'POST', '/api/v1/user', {
    headers: { ...asUser(userId), 'content-type': 'text/plain' },
    body: JSON.stringify(ada),
  });
  assert.deepEqual([form.status, form.body.type], [415, '/problems/unsupported-media-type']);
  const large = await users.create(userId, { ...ada, firstName: 'a'.repeat(20_000) });
  assert.deepEqual([large.status, large.body.type], [413, '/problems/payload-too-large']);
});

test('another method is answered 405, and an unknown path 404', async () => {
  const patched = await users.ask(undefined, 'PATCH', '/api/v1/user', { headers: asUser(randomUUID()) });
  assert.deepEqual([patched.status, patched.headers.get('allow')], [405, 'POST']);
  assert.equal((await users.ask(undefined, 'GET', '/api/v1/users')).status, 404);
});
