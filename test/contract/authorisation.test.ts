/** The authorisation of every operation, for each kind of caller, at the gateway and directly at the service. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { callers, credentialsOf, impersonating, type Caller } from '../support/requests/callers-of.ts';
import { createContractClient, outcomeOf, type Answer } from '../support/requests/contract-client.ts';
import { operations, type Operation } from '../support/requests/operations.ts';
import { createScene, missing, pathOf, requests, type Scene } from '../support/requests/scene.ts';
import { startOpenShop, type OpenShop } from '../support/shop/open.ts';

const U = '401 unauthenticated';
const F = '403 forbidden';
const NOT_YOURS = '403 not-your-account';
const NO_USER = '404 no-such-user';
const NO_ORDER = '404 no-such-order';
const NO_SESSION = '404 no-such-session';

/** The expected outcome for each caller. The gateway treats a service's token as no token, so there `none` applies. */
const matrix: Record<
  string,
  [none: string, owner: string, other: string, expired: string, tampered: string, service: string]
> = {
  forwardAuth: [U, '200', '200', U, U, U],
  register: ['201', '201', '201', '201', '201', '201'],
  loginPage: ['200', '200', '200', '200', '200', '200'],
  login: ['200', '200', '200', '200', '200', '200'],
  token: ['200', '200', '200', '200', '200', '200'],
  logoutByLink: ['200', '200', '200', '200', '200', '200'],
  logout: ['200', '200', '200', '200', '200', '200'],
  changePassword: [U, '204', '204', U, U, U],
  listSessions: [U, '200', '200', U, U, U],
  endSessions: [U, '204', '204', U, U, U],
  endSession: [U, '204', NO_SESSION, U, U, U],
  jwks: ['200', '200', '200', '200', '200', '200'],

  createProfile: [U, '201', '201', U, U, F],
  readProfile: [U, '200', F, U, U, F],
  updateProfile: [U, '200', NO_USER, U, U, F],
  deleteProfile: [U, '204', NO_USER, U, U, F],
  readUser: [U, '200', NO_USER, U, U, '200'],

  listOrders: [U, '200', '200', U, U, F],
  createOrder: [U, '201', NOT_YOURS, U, U, F],
  readOrder: [U, '200', NO_ORDER, U, U, '200'],
  orderEvents: [U, '200', NO_ORDER, U, U, '200'],
  cancelOrder: [U, '200', NO_ORDER, U, U, '200'],

  readBalance: [U, '200', '200', U, U, F],
  openAccount: [U, F, F, U, U, '200'],
  listTransactions: [U, '200', '200', U, U, F],
  replenish: [U, '201', NOT_YOURS, U, U, '201'],
  withdraw: [U, '201', NOT_YOURS, U, U, '201'],
  cancelWithdrawal: [U, F, F, U, U, '200'],

  listNotifications: [U, '200', NOT_YOURS, U, U, F],

  ready: ['200', '200', '200', '200', '200', '200'],
  readProblem: ['200', '200', '200', '200', '200', '200'],
};

/** A second request to one of these operations has another outcome, so each test of them creates new users. */
const onceOnly = new Set(['changePassword', 'endSessions', 'endSession', 'createProfile', 'deleteProfile']);

let shop: OpenShop;
let shared: Scene;

before(async () => {
  shop = await startOpenShop();
  shared = await createScene(shop.url);
});

after(() => shop?.stop());

test('the matrix lists exactly the operations of the document', () => {
  assert.deepEqual(Object.keys(matrix).sort(), operations.map(({ id }) => id).sort());
});

for (const operation of operations) {
  for (const at of ['gateway', 'service'] as const) {
    for (const impersonated of [false, true]) {
      const where = `${operation.id} ${at === 'gateway' ? 'at the gateway' : 'directly at its service'}`;
      test(`${where} allows only the documented callers${impersonated ? ', even with impersonation headers' : ''}`, () =>
        checkRow(operation, at, impersonated));
    }
  }
}

for (const at of ['gateway', 'service'] as const) {
  test(`impersonation headers do not change the caller ${at === 'gateway' ? 'at the gateway' : 'directly at the services'}`, async () => {
    const { owner, other } = await createScene(shop.url);
    const credentials = await credentialsOf(shop, owner.id, other.id, 'orders');
    const headers = { ...impersonating(owner.id), authorization: `Bearer ${credentials.other}` };
    const as = (role: string) => createContractClient(at === 'gateway' ? shop.url : shop.serviceOf(role));
    const balances = () => Promise.all([owner.balance(), other.balance()]);
    const before = await balances();
    const money = { headers: { ...headers, 'idempotency-key': randomUUID() }, body: { amount: 5 } };
    assert.equal(outcomeOf(await as('billing')('replenish', 'PUT', '/payments/replenishments', money)), '201');
    assert.deepEqual(await balances(), [before[0], before[1] + 5]);
    const placed = await as('orders')('createOrder', 'POST', '/orders', {
      headers: { ...headers, 'if-match': '0' },
      body: { price: 5 },
    });
    assert.deepEqual([outcomeOf(placed), placed.body.userId, await balances()], ['201', other.id, before]);
    assert.equal((await as('auth')('forwardAuth', 'GET', '/auth', { headers })).headers.get('x-user-id'), other.id);
  });
}

async function checkRow(operation: Operation, at: 'gateway' | 'service', impersonated: boolean): Promise<void> {
  const scene = onceOnly.has(operation.id)
    ? await createScene(shop.url, { profiles: operation.id !== 'createProfile' })
    : shared;
  const credentials = await credentialsOf(shop, scene.owner.id, scene.other.id, operation.role);
  const url = at === 'gateway' ? shop.url : shop.serviceOf(operation.role);
  const outcomes: Partial<Record<Caller, string>> = {};
  // The owner is last, because the owner's request may delete the resource.
  for (const caller of callers.toSorted((one, two) => Number(one === 'owner') - Number(two === 'owner'))) {
    const token = credentials[caller];
    const claimed = caller === 'owner' ? scene.other.id : scene.owner.id;
    const headers = { ...(impersonated && impersonating(claimed)), ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await send(url, operation, scene, headers);
    outcomes[caller] = outcomeOf(answer);
    if (caller !== 'owner' && caller !== 'service') assertRevealsNothingOf(scene, answer);
    if (caller === 'other' && !answer.status.toString().startsWith('2')) {
      assert.deepEqual(
        contentOf(await send(url, operation, missing(scene), headers)),
        contentOf(answer),
        'a missing resource gets a different answer',
      );
    }
  }
  const row = Object.fromEntries(callers.map((caller, n) => [caller, matrix[operation.id]?.[n]]));
  assert.deepEqual(outcomes, at === 'gateway' ? { ...row, service: row['none'] } : row);
}

function send(
  url: string,
  { id, method, path }: Operation,
  scene: Scene,
  headers: Record<string, string>,
): Promise<Answer> {
  const { query = '', headers: own, body } = requests[id]?.(scene) ?? {};
  return createContractClient(url)(id, method, pathOf(path, scene) + query, { headers: { ...own, ...headers }, body });
}

/** The body without the properties that differ between requests. */
function contentOf({ body }: Answer): unknown {
  const { instance: _instance, correlationId: _correlationId, ...rest } = body ?? {};
  return rest;
}

function assertRevealsNothingOf({ owner, orderId, sessionId }: Scene, answer: Answer): void {
  const text = JSON.stringify([typeof answer.body === 'string' ? answer.body : contentOf(answer), [...answer.headers]]);
  for (const id of [owner.id, orderId, sessionId]) assert.ok(!text.includes(id), text);
}
