/** The API document has exactly the operations, answers and headers of these tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roleNames } from '../../roles/role.ts';
import { problemKinds, type ProblemKind } from '../../specs/generated/problems.ts';
import type { Json } from '../../tools/specs/json.ts';
import { isWrite, operations, type Operation } from '../support/requests/operations.ts';

/** For each operation id: method and path, kinds of callers and roles, and the statuses and problem kinds that `commonTo` does not add. */
const contract: Record<string, [at: string, callers: string, own: string]> = {
  forwardAuth: ['get /auth', 'user', '200 too-many-requests'],
  register: ['post /auth/register', '', '201 username-taken too-many-requests'],
  loginPage: ['get /auth/login', '', '200 304'],
  login: ['post /auth/login', '', '200 wrong-credentials too-many-requests'],
  token: ['post /auth/token', '', '200 wrong-credentials too-many-requests'],
  logoutByLink: ['get /auth/logout', '', '200 cross-site'],
  logout: ['post /auth/logout', '', '200'],
  changePassword: ['put /auth/password', 'user', '204 wrong-credentials'],
  listSessions: ['get /auth/sessions', 'user', '200'],
  endSessions: ['delete /auth/sessions', 'user', '204'],
  endSession: ['delete /auth/sessions/{id}', 'user', '204 no-such-session'],
  jwks: ['get /.well-known/jwks.json', '', '200'],

  createProfile: ['post /api/v1/user', 'user', '201 profile-exists'],
  readProfile: ['get /api/v1/user/{id}', 'user', '200 no-such-user'],
  updateProfile: ['put /api/v1/user/{id}', 'user', '200 no-such-user'],
  deleteProfile: ['delete /api/v1/user/{id}', 'user', '204 no-such-user'],
  readUser: ['get /users/{userId}', 'user service worker notifications', '200 no-such-user'],

  listOrders: ['get /orders', 'user', '200'],
  createOrder: [
    'post /orders',
    'user',
    '201 202 idempotency-key-malformed not-your-account stale-order-list insufficient-funds order-cancelled order-failed key-reused precondition-missing',
  ],
  readOrder: ['get /orders/{id}', 'user service worker', '200 304 no-such-order'],
  orderEvents: ['get /orders/{id}/events', 'user service worker', '200 204 no-such-order'],
  cancelOrder: ['put /orders/{id}/cancellation', 'user service worker', '200 202 no-such-order not-cancellable'],

  readBalance: ['get /payments', 'user', '200'],
  openAccount: ['put /payments/accounts/{userId}', 'service worker', '200 201'],
  listTransactions: ['get /payments/transactions', 'user', '200'],
  replenish: [
    'put /payments/replenishments',
    'user service worker',
    '201 idempotency-key-missing idempotency-key-malformed not-your-account balance-limit in-progress key-reused',
  ],
  withdraw: [
    'put /payments/withdrawals',
    'user service worker',
    '201 idempotency-key-missing idempotency-key-malformed not-your-account insufficient-funds charge-cancelled in-progress key-reused',
  ],
  cancelWithdrawal: ['put /payments/withdrawals/{key}/cancellation', 'service worker', '200 in-progress key-reused'],

  listNotifications: ['get /notifications', 'user', '200 not-your-account'],

  ready: ['get /health/ready', '', '200 unavailable'],
  readProblem: ['get /problems/{kind}', '', '200 304 not-found'],
};

/** The headers of successful answers. Every answer also has the correlation id. */
const headers: Record<string, string> = {
  'forwardAuth 200': 'X-User-Id Authorization',
  'loginPage 200': 'ETag',
  'loginPage 304': 'ETag',
  'login 200': 'Set-Cookie',
  'logoutByLink 200': 'Set-Cookie',
  'logout 200': 'Set-Cookie',
  'listSessions 200': 'Link',
  'endSessions 204': 'Set-Cookie',
  'endSession 204': 'Set-Cookie',
  'createProfile 201': 'Location',
  'listOrders 200': 'ETag Link',
  'createOrder 201': 'Location ETag Idempotent-Replayed',
  'createOrder 202': 'Location ETag Retry-After Idempotent-Replayed',
  'readOrder 200': 'ETag Preference-Applied',
  'readOrder 304': 'ETag Preference-Applied',
  'cancelOrder 200': 'ETag Idempotent-Replayed',
  'cancelOrder 202': 'Location ETag Retry-After',
  'listTransactions 200': 'Link',
  'replenish 201': 'Idempotent-Replayed',
  'withdraw 201': 'Idempotent-Replayed',
  'cancelWithdrawal 200': 'Idempotent-Replayed',
  'listNotifications 200': 'Link',
  'readProblem 200': 'Vary ETag',
  'readProblem 304': 'Vary ETag',
};

const answersWithoutError = operations.flatMap(({ id, responses }) =>
  Object.entries<Json>(responses)
    .filter(([status]) => Number(status) < 400)
    .map(([status, response]) => ({ title: `${id} ${status}`, response })),
);

test('the document has the operations of the table, with their methods, paths, callers and roles', () => {
  const described = operations.map(({ id, method, path, callers, roles }) => [
    id,
    `${method.toLowerCase()} ${path}`,
    [...callers, ...roles].join(' '),
  ]);
  assert.deepEqual(
    described.toSorted(),
    Object.entries(contract)
      .map(([id, [at, callers]]) => [id, at, callers])
      .toSorted(),
  );
});

test('an operation names the roles that may call it if, and only if, it is for services', () => {
  for (const { id, callers, roles } of operations) {
    assert.equal(callers.includes('service'), roles.length > 0, id);
    const unknown = roles.filter((role) => !(roleNames as readonly string[]).includes(role));
    assert.deepEqual(unknown, [], id);
  }
});

for (const each of operations) {
  test(`${each.id} has the answers of the table and those common to its kind`, () => {
    const own = contract[each.id]?.[2].split(' ').map(answer) ?? [];
    assert.deepEqual(answersOf(each), [...own, ...commonTo(each).map(answer)].toSorted());
  });
}

test('the headers of successful answers are those of the table', () => {
  const described = answersWithoutError.map(({ title, response }) => [
    title,
    Object.keys(response.headers).slice(1).join(' '),
  ]);
  assert.deepEqual(Object.fromEntries(described.filter(([, names]) => names !== '')), headers);
});

/** The headers of refusals, by status or by operation and status. A header with `!` is required. */
const refusalHeaders: Record<string, string> = {
  '401': 'WWW-Authenticate Set-Cookie',
  '429': 'Retry-After!',
  '502': 'Retry-After!',
  '503': 'Retry-After!',
  '504': 'Retry-After!',
  'createOrder 409': 'ETag! Location Idempotent-Replayed',
  'replenish 409': 'Idempotent-Replayed Retry-After',
  'withdraw 409': 'Idempotent-Replayed Retry-After',
  'cancelWithdrawal 409': 'Retry-After!',
};

for (const { id, responses } of operations) {
  test(`the headers of refusals by ${id} are those of the table`, () => {
    for (const [status, { headers: described }] of Object.entries<Json>(responses).filter(
      ([each]) => Number(each) >= 400,
    )) {
      const names = Object.entries<Json>(described).map(([name, { required }]) => `${name}${required ? '!' : ''}`);
      const own = refusalHeaders[`${id} ${status}`] ?? refusalHeaders[status];
      assert.deepEqual(names.join(' '), ['X-Correlation-Id!', own].filter(Boolean).join(' '), status);
    }
  });
}

test('all successful answers are JSON, except pages and streams', () => {
  const described = answersWithoutError.map(({ title, response }) => [
    title,
    Object.keys(response.content ?? {}).join(' '),
  ]);
  assert.deepEqual(Object.fromEntries(described.filter(([, media]) => !['', 'application/json'].includes(media!))), {
    'loginPage 200': 'text/html',
    'orderEvents 200': 'text/event-stream',
    'readProblem 200': 'text/html application/json',
  });
});

function commonTo(operation: Operation): ProblemKind[] {
  const { id, role, callers, bodies } = operation;
  const writes = isWrite(operation);
  const kinds: ProblemKind[] = ['internal-error'];
  // Forward-auth checks who sent a request, and not whether the request is valid.
  if (id !== 'forwardAuth') kinds.push('bad-request');
  if (role !== 'gateway') kinds.push('bad-gateway', 'unavailable', 'gateway-timeout');
  if (callers.length > 0) kinds.push('unauthenticated');
  // The caller may be of the wrong kind, or another role. Auth accepts no tokens of services and answers
  // `unauthenticated` instead.
  if (callers.length > 0 && role !== 'auth') kinds.push('forbidden');
  if (writes) kinds.push('cross-site', 'payload-too-large');
  if (bodies) kinds.push('unsupported-media-type');
  // The gateway limits the writes of users. A user's write to an operation that only services may use counts too.
  if (writes && callers.length > 0) kinds.push('too-many-requests');
  return kinds;
}

function answersOf({ responses }: Operation): string[] {
  return Object.entries<Json>(responses)
    .flatMap(([status, response]) => (response['x-problems'] ?? ['']).map((kind: string) => `${status} ${kind}`))
    .toSorted();
}

/** Adds the status to a problem kind, or a space to a status: `404 no-such-order` or `200 `. */
function answer(statusOrKind: string): string {
  return statusOrKind in problemKinds
    ? `${problemKinds[statusOrKind as ProblemKind].status} ${statusOrKind}`
    : `${statusOrKind} `;
}
