/** For every operation, the gateway refuses invalid requests and reports the failures of services. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, beforeEach, test } from 'node:test';
import { startFakeService } from '../support/fakes/service.ts';
import { assertDocumented } from '../support/requests/openapi.ts';
import { isWrite } from '../support/requests/operations.ts';
import { responseOf, sendRaw } from '../support/requests/raw.ts';
import { validRequests, type ValidRequest } from '../support/requests/valid-requests.ts';
import { startGateway } from '../support/shop/gateway.ts';

const SESSION = { cookie: `session_id=${'A'.repeat(43)}` };
const TOO_LARGE = 'x'.repeat(16 * 1024 + 1);

const auth = await startFakeService();
const service = await startFakeService();
const roles = { users: service.url, orders: service.url, billing: service.url, notifications: service.url };
const gateway = await startGateway({ ...roles, auth: auth.url });

beforeEach(() => {
  service.respondWith();
  auth.respondWith((response) => response.setHeader('authorization', 'Bearer a.b.c').end());
});
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

const passedOn = validRequests.filter(({ role }) => role !== 'gateway');
const guarded = validRequests.filter(({ callers }) => callers.length > 0);

interface Sent {
  url?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a valid request with these changes. Returns the kind of problem. */
async function refusal(
  operation: ValidRequest,
  { url = gateway.url, headers = SESSION, body = JSON.stringify(operation.body) }: Sent = {},
): Promise<string> {
  const init = {
    method: operation.method,
    headers: { ...operation.headers, ...headers },
    ...(body !== undefined && { body }),
  };
  const problem = await assertDocumented(operation.id, await fetch(url + operation.path, init));
  return problem.type.replace('/problems/', '');
}

async function allRefused(
  of: readonly ValidRequest[],
  kind: string,
  send: (operation: ValidRequest) => Promise<string>,
): Promise<void> {
  const refusals = await Promise.all(of.map(async (operation) => [operation.id, await send(operation)]));
  assert.deepEqual(
    refusals,
    of.map(({ id }) => [id, kind]),
  );
}

test('a path with unescaped characters is refused', async () => {
  for (const { method, path } of validRequests) {
    for (const target of [`${path}?x=\u00e9`, `${path}\u00e9`, `${path}?x=\u007f`]) {
      const { text } = await sendRaw(
        gateway.url,
        `${method} ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
      );
      assert.equal((await assertDocumented(undefined, responseOf(text))).type, '/problems/bad-request');
    }
  }
  assert.deepEqual([service.seen, auth.seen], [[], []]);
});

test('every guarded operation refuses missing and invalid credentials', async () => {
  auth.respondWith((response) => response.writeHead(401).end());
  for (const headers of [{ 'x-user-id': 'me' }, SESSION, { authorization: `Basic ${btoa('a:b')}` }] as Record<
    string,
    string
  >[]) {
    await allRefused(
      guarded.filter(({ id }) => id !== 'forwardAuth'),
      'unauthenticated',
      (operation) => refusal(operation, { headers }),
    );
  }
  assert.deepEqual(service.seen, []);
});

test('every write with a session cookie from another site is refused', async () => {
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }] as Record<
    string,
    string
  >[])
    await allRefused(validRequests.filter(isWrite), 'cross-site', (operation) =>
      refusal(operation, { headers: { ...SESSION, ...headers } }),
    );
  assert.deepEqual([service.seen, auth.seen], [[], []]);
});

test('every write over the limit is refused and reaches no service', async () => {
  auth.respondWith((response) => response.writeHead(429, { 'retry-after': '7' }).end());
  await allRefused(guarded.filter(isWrite), 'too-many-requests', refusal);
  assert.deepEqual(service.seen, []);
});

test('every operation with a body refuses other media types', async () => {
  const takingBodies = validRequests.filter(({ body }) => body);
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x']) {
    await allRefused(takingBodies, 'unsupported-media-type', (operation) =>
      refusal(operation, { headers: { ...SESSION, 'content-type': type } }),
    );
  }
  assert.deepEqual(service.seen, []);
});

test('every write refuses an oversized body, even if it takes no body', async () => {
  await allRefused(validRequests.filter(isWrite), 'payload-too-large', (operation) =>
    refusal(operation, { body: TOO_LARGE }),
  );
  assert.deepEqual(service.seen, []);
});

/** Session lookups succeed and all other requests fail in this way. */
function servicesFail(fail: (response: ServerResponse) => unknown): void {
  service.respondWith((response) => void fail(response));
  auth.respondWith(
    (response, { headers }) =>
      void (headers['x-forwarded-method'] ? response.setHeader('authorization', 'Bearer a.b.c').end() : fail(response)),
  );
}

test('every operation reports a broken connection to the service as bad-gateway', async () => {
  servicesFail((response) => response.destroy());
  await allRefused(passedOn, 'bad-gateway', refusal);
});

test('every operation reports a missing answer of the service as gateway-timeout', async (t) => {
  servicesFail(() => {});
  const hasty = await startGateway({ ...roles, auth: auth.url }, { answerTimeoutMs: 200 });
  t.after(() => hasty.close());
  await allRefused(passedOn, 'gateway-timeout', (operation) => refusal(operation, { url: hasty.url }));
});

test('every operation reports an unreachable service as unavailable', async (t) => {
  const unreachable = Object.fromEntries([...Object.keys(roles), 'auth'].map((role) => [role, 'http://127.0.0.1:1']));
  const alone = await startGateway(unreachable);
  t.after(() => alone.close());
  await allRefused(passedOn, 'unavailable', (operation) => refusal(operation, { url: alone.url }));
});
