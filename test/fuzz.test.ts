/** Requests that are made up from the document, most of them not quite right: each is answered, and as the document says. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { answered, type Answer } from './support/asking.ts';
import { requestsOf, type FuzzRequest } from './support/fuzz-requests.ts';
import { credentialsOf, type Caller } from './support/intruders.ts';
import { runs } from './support/model.ts';
import { startOpenShop, type OpenShop } from './support/open-shop.ts';
import { assertDocumented } from './support/openapi.ts';
import { operations } from './support/operations.ts';
import { cookieOf, json, post } from './support/requests.ts';
import { createScene } from './support/scene.ts';

/** Of those that take a body, in which more can be wrong, and of the others. */
const REQUESTS = { withBody: 100, without: 40 };
const TIME_MAX_MS = 600_000;
/** After these a user is no longer logged in. */
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
  test(`whatever is asked of ${operation.id} is answered as the document says, ${times} times`, async () => {
    const ids = [scene.owner.id, scene.other.id, scene.orderId, scene.sessionId];
    const asked = fc.record({ from, request: requestsOf(operation, ids) });
    const property = fc.asyncProperty(asked, async ({ from: { at, caller }, request }) => {
      const url = at === 'gateway' ? shop.url : shop.serviceOf(operation.role);
      const first = await ask(url, request, caller);
      const { status } = first.status >= 503 ? await answered(() => ask(url, request, caller)) : first;
      assert.ok(status < 500, `${operation.id} answered ${status}`);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    await fc.assert(property, { ...runs(times), interruptAfterTimeLimit: TIME_MAX_MS, markInterruptAsFailure: true });
  });
}

test('there were more than a thousand of them, of which many were taken and many refused', () => {
  const all = [...statuses];
  const count = (from: number) =>
    all.filter(([status]) => Math.floor(status / 100) === from).reduce((sum, [, times]) => sum + times, 0);
  assert.ok(count(2) + count(3) + count(4) >= 1_000 && count(2) >= 100 && count(4) >= 200, JSON.stringify(all));
  for (const status of [200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415])
    assert.ok(statuses.has(status), `none was answered ${status}: ${JSON.stringify(all)}`);
});

async function ask(
  url: string,
  { operationId, method, path, headers, body, odd }: FuzzRequest,
  caller: Caller | 'session',
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...(await identity(caller)) },
    ...(body !== undefined && { body }),
  });
  const again = response.clone();
  const documented = assertDocumented(operationId, response);
  // What is odd may be taken for no operation at all.
  const told = await (odd && response.status >= 400
    ? documented.catch(() => assertDocumented(undefined, again))
    : documented);
  if (response.ok) await mend(operationId);
  return { status: response.status, headers: response.headers, body: told, kind: undefined };
}

/** What was asked for has taken something away that the requests after it are about. */
async function mend(operationId: string | undefined): Promise<void> {
  if (ENDS_SESSIONS.has(operationId))
    cookie = cookieOf(await post(`${shop.url}/auth/login`, json(scene.owner.credentials)));
  if (operationId === 'deleteProfile') await scene.owner.createProfile({ cookie });
}

async function identity(caller: Caller | 'session'): Promise<Record<string, string>> {
  if (caller === 'session') return { cookie };
  const token = (await credentialsOf(shop, scene.owner.id, scene.other.id))[caller];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
