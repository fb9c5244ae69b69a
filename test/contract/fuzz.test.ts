/** Random requests from the document, most of them slightly wrong, all get documented answers. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { runs } from '../support/models/model.ts';
import { credentialsOf, type Caller } from '../support/requests/callers-of.ts';
import { retryWhileUnavailable, type Answer } from '../support/requests/contract-client.ts';
import { requestsOf, type FuzzRequest } from '../support/requests/fuzz-requests.ts';
import { assertDocumented } from '../support/requests/openapi.ts';
import { operations } from '../support/requests/operations.ts';
import { cookieOf, json, post } from '../support/requests/requests.ts';
import { createScene } from '../support/requests/scene.ts';
import { startOpenShop, type OpenShop } from '../support/shop/open.ts';

/** Requests per operation. An operation with a body gets more of them, because a body can be wrong in many ways. */
const REQUESTS = { withBody: 100, without: 40 };
const TIME_MAX_MS = 600_000;
const ENDS_SESSIONS = new Set<string | undefined>([
  'logout',
  'logoutByLink',
  'endSession',
  'endSessions',
  'changePassword',
]);

let shop: OpenShop;
let scene: Awaited<ReturnType<typeof createScene>>;
let cookie: string;
const statuses = new Map<number, number>();

before(async () => {
  shop = await startOpenShop();
  scene = await createScene(shop.url);
  cookie = scene.owner.cookie;
});

after(() => shop?.stop());

interface From {
  at: 'gateway' | 'service';
  caller: Caller | 'session';
}
const from = fc.oneof(
  fc.record<From>({
    at: fc.constant('gateway'),
    caller: fc.constantFrom('session', 'session', 'session', 'owner', 'owner', 'none', 'tampered', 'service'),
  }),
  fc.record<From>({
    at: fc.constant('service'),
    caller: fc.constantFrom('owner', 'owner', 'owner', 'service', 'service', 'none', 'tampered'),
  }),
);

for (const operation of operations) {
  const times = operation.bodies ? REQUESTS.withBody : REQUESTS.without;
  test(`${times} random requests to ${operation.id} get documented answers`, async () => {
    const ids = [scene.owner.id, scene.other.id, scene.orderId, scene.sessionId];
    const sent = fc.record({ from, request: requestsOf(operation, ids) });
    const property = fc.asyncProperty(sent, async ({ from: { at, caller }, request }) => {
      const url = at === 'gateway' ? shop.url : shop.serviceOf(operation.role);
      const ask = () => send(url, request, caller, operation.role);
      const first = await ask();
      const { status } = first.status >= 503 ? await retryWhileUnavailable(ask) : first;
      assert.ok(status < 500, `${operation.id} answered ${status}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    await fc.assert(property, { ...runs(times), interruptAfterTimeLimit: TIME_MAX_MS, markInterruptAsFailure: true });
  });
}

test('there were more than a thousand requests, many of them accepted and many refused', () => {
  const all = [...statuses];
  const count = (from: number) =>
    all.filter(([status]) => Math.floor(status / 100) === from).reduce((sum, [, times]) => sum + times, 0);
  assert.ok(count(2) + count(3) + count(4) >= 1_000 && count(2) >= 100 && count(4) >= 200, JSON.stringify(all));
  for (const status of [200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415])
    assert.ok(statuses.has(status), `no answer had status ${status}: ${JSON.stringify(all)}`);
});

async function send(
  url: string,
  { operationId, method, path, headers, body, odd }: FuzzRequest,
  caller: Caller | 'session',
  role: string,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...(await identity(caller, role)) },
    ...(body !== undefined && { body }),
  });
  const again = response.clone();
  const documented = assertDocumented(operationId, response);
  // The server may match an odd request to no operation. Then its answer must be one that such requests may get.
  const content = await (odd && response.status >= 400
    ? documented.catch(() => assertDocumented(undefined, again))
    : documented);
  if (response.ok) await restore(operationId);
  return { status: response.status, headers: response.headers, body: content, kind: undefined };
}

/** Restores the session or profile that a request removed. */
async function restore(operationId: string | undefined): Promise<void> {
  if (ENDS_SESSIONS.has(operationId))
    cookie = cookieOf(await post(`${shop.url}/auth/login`, json(scene.owner.credentials)));
  if (operationId === 'deleteProfile') await scene.owner.createProfile({ cookie });
}

async function identity(caller: Caller | 'session', role: string): Promise<Record<string, string>> {
  if (caller === 'session') return { cookie };
  const token = (await credentialsOf(shop, scene.owner.id, scene.other.id, role))[caller];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
