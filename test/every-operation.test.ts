/** What the gateway answers to every operation that the contract has, whatever it does: whom it turns away, and what it says when a service is broken. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, beforeEach, test } from 'node:test';
import { startFarSide } from './support/far-side.ts';
import { startGateway } from './support/gateway.ts';
import { assertDocumented } from './support/openapi.ts';
import { isWrite } from './support/operations.ts';
import { responseOf, sendRaw } from './support/raw.ts';
import { soundRequests, type SoundRequest } from './support/sound-requests.ts';

const SESSION = { cookie: `session_id=${'A'.repeat(43)}` };
const TOO_LARGE = 'x'.repeat(16 * 1024 + 1);

const auth = await startFarSide();
const service = await startFarSide();
const roles = { users: service.url, orders: service.url, billing: service.url, notifications: service.url };
const gateway = await startGateway({ ...roles, auth: auth.url });

beforeEach(() => {
  service.answers();
  auth.answers((response) => response.setHeader('authorization', 'Bearer a.b.c').end());
});
after(async () => {
  await gateway.close();
  await service.close();
  await auth.close();
});

const passedOn = soundRequests.filter(({ role }) => role !== 'gateway');
const guarded = soundRequests.filter(({ callers }) => callers.length > 0);

interface Sent {
  url?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends a request in which nothing is wrong, but for what is said here, and answers the kind of the refusal. */
async function refusal(
  operation: SoundRequest,
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

/** Fails unless each of these operations is refused as this kind of problem. */
async function allRefused(
  of: readonly SoundRequest[],
  kind: string,
  send: (operation: SoundRequest) => Promise<string>,
): Promise<void> {
  const refusals = await Promise.all(of.map(async (operation) => [operation.id, await send(operation)]));
  assert.deepEqual(
    refusals,
    of.map(({ id }) => [id, kind]),
  );
}

test('an address with characters that have to be escaped is read by nobody, whatever it is', async () => {
  for (const { method, path } of soundRequests) {
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

test('who does not say who they are, or is not believed, gets at nothing that is for somebody', async () => {
  auth.answers((response) => response.writeHead(401).end());
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

test('a write that a page of another site has sent with the cookie of a session is refused', async () => {
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }] as Record<
    string,
    string
  >[])
    await allRefused(soundRequests.filter(isWrite), 'cross-site', (operation) =>
      refusal(operation, { headers: { ...SESSION, ...headers } }),
    );
  assert.deepEqual([service.seen, auth.seen], [[], []]);
});

test('who has sent too many writes is told so, and nothing is done, whatever the next one is', async () => {
  auth.answers((response) => response.writeHead(429, { 'retry-after': '7' }).end());
  await allRefused(guarded.filter(isWrite), 'too-many-requests', refusal);
  assert.deepEqual(service.seen, []);
});

test('a body of another type is refused wherever a body is taken', async () => {
  const takingBodies = soundRequests.filter(({ body }) => body);
  for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x']) {
    await allRefused(takingBodies, 'unsupported-media-type', (operation) =>
      refusal(operation, { headers: { ...SESSION, 'content-type': type } }),
    );
  }
  assert.deepEqual(service.seen, []);
});

test('a body that is too large is refused by every write, also by one that takes none', async () => {
  await allRefused(soundRequests.filter(isWrite), 'payload-too-large', (operation) =>
    refusal(operation, { body: TOO_LARGE }),
  );
  assert.deepEqual(service.seen, []);
});

/** Sessions are looked up, and whatever else is asked meets this. */
function servicesDo(fail: (response: ServerResponse) => unknown): void {
  service.answers((response) => void fail(response));
  auth.answers(
    (response, { headers }) =>
      void (headers['x-forwarded-method'] ? response.setHeader('authorization', 'Bearer a.b.c').end() : fail(response)),
  );
}

test('a service that breaks off is a bad gateway, whatever it was asked', async () => {
  servicesDo((response) => response.destroy());
  await allRefused(passedOn, 'bad-gateway', refusal);
});

test('a service that does not answer in time is a gateway timeout, whatever it was asked', async (t) => {
  servicesDo(() => {});
  const hasty = await startGateway({ ...roles, auth: auth.url }, { answerTimeoutMs: 200 });
  t.after(() => hasty.close());
  await allRefused(passedOn, 'gateway-timeout', (operation) => refusal(operation, { url: hasty.url }));
});

test('a service that is away is unavailable, whatever it was to be asked', async (t) => {
  const away = Object.fromEntries([...Object.keys(roles), 'auth'].map((role) => [role, 'http://127.0.0.1:1']));
  const alone = await startGateway(away);
  t.after(() => alone.close());
  await allRefused(passedOn, 'unavailable', (operation) => refusal(operation, { url: alone.url }));
});
