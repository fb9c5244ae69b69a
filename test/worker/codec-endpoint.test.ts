import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { Middleware } from 'koa';
import type { Listener } from '../../lib/http/listen.ts';
import { createPayloadCodec } from '../../lib/temporal/payload-codec.ts';
import { startStack } from '../../local/launch/stack.ts';
import { orderWorkflowId } from '../../specs/temporal.ts';
import { serveCodec } from '../../worker/codec-endpoint.ts';
import { createWorld } from '../support/fakes/world.ts';
import { sendRaw } from '../support/requests/raw.ts';
import { serveQuietly } from '../support/shop/service.ts';
import {
  failuresIn,
  keysOf,
  newTaskQueue,
  payloadsIn,
  rawHistory,
  textOf,
  whileHosted,
  withClient,
  type JsonPayload,
} from '../support/temporal/encrypted.ts';
import { awaitOutcome, quietRuntime } from '../support/temporal/server.ts';

const UI = 'http://127.0.0.1:8233';
const TOKEN = 'a-token-of-some-length';
const keys = keysOf('a');
const codec = createPayloadCodec(keys);
let open: Listener;
let guarded: Listener;

before(async () => {
  quietRuntime();
  open = await serveQuietly('worker', [serveCodec({ codec, uiOrigins: [UI], codecToken: undefined })]);
  guarded = await serveQuietly('worker', [serveCodec({ codec, uiOrigins: [UI], codecToken: TOKEN })]);
});
after(() => Promise.all([open.close(), guarded.close()]));

const json = { 'content-type': 'application/json' };
const send = (path: string, body: unknown, headers: Record<string, string> = {}, listener = open) =>
  fetch(`${listener.url}${path}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function decode(payloads: JsonPayload[]): Promise<string[]> {
  const answer = await send('/codec/decode', { payloads }, { origin: UI, 'x-namespace': 'default' });
  assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [200, UI]);
  return ((await answer.json()) as { payloads: JsonPayload[] }).payloads.map(({ data }) => textOf(data));
}

test('the endpoint decodes arguments, results, summaries and failure messages from the server', async () => {
  const world = createWorld();
  const taskQueue = newTaskQueue();
  const activities = {
    ...world.activities,
    chargeOrder: () => Promise.reject(ApplicationFailure.nonRetryable('another sum', 'KeyReused')),
  };
  await whileHosted(keys, taskQueue, activities, () =>
    withClient(keys, ({ client }) => awaitOutcome(client, taskQueue, world)),
  );
  const history = await rawHistory(orderWorkflowId(world.orderId));

  const texts = await decode(payloadsIn(history).map(({ value }) => value));
  for (const part of [world.orderId, '"price":30', '"status":"FAILED"', `charge 30 under key ${world.input.chargeKey}`])
    assert.ok(
      texts.some((text) => text.includes(part)),
      part,
    );
  const messages = await decode(failuresIn(history).map(({ value }) => value.encodedAttributes!));
  assert.ok(messages.some((text) => (JSON.parse(text) as { message: string }).message === 'another sum'));
});

test('the endpoint decodes what it encoded and leaves unencrypted payloads unchanged', async () => {
  const plain = {
    metadata: { encoding: Buffer.from('json/plain').toString('base64') },
    data: Buffer.from('{"a":1}').toString('base64'),
  };
  const encoded = (await (await send('/codec/encode', { payloads: [plain] })).json()) as { payloads: JsonPayload[] };
  assert.equal(textOf(encoded.payloads[0]!.metadata['encoding']), 'binary/encrypted');
  assert.deepEqual(await decode([...encoded.payloads, plain]), ['{"a":1}', '{"a":1}']);
});

test('pages of other origins are refused, and pages of the Web UI are allowed', async () => {
  for (const method of ['OPTIONS', 'POST']) {
    const refused = await fetch(`${open.url}/codec/decode`, {
      method,
      headers: { ...json, origin: 'http://evil.example' },
    });
    assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [403, null]);
  }
  const preflight = await fetch(`${open.url}/codec/decode`, {
    method: 'OPTIONS',
    headers: { origin: UI, 'access-control-request-method': 'POST' },
  });
  assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, UI]);
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /content-type, x-namespace/);
});

test('with a token every caller must send it; without one only the same machine is served', async (t) => {
  const statuses = async (...headers: Array<Record<string, string>>) =>
    Promise.all(headers.map(async (each) => (await send('/codec/decode', { payloads: [] }, each, guarded)).status));
  assert.deepEqual(
    await statuses(
      {},
      { authorization: 'Bearer another' },
      { authorization: TOKEN },
      { authorization: `Bearer ${TOKEN}` },
    ),
    [401, 401, 401, 200],
  );

  const elsewhere: Middleware = (ctx, next) => {
    Object.defineProperty(ctx.req.socket, 'remoteAddress', { value: '10.0.0.7' });
    return next();
  };
  const remote = await serveQuietly('worker', [
    elsewhere,
    serveCodec({ codec, uiOrigins: [UI], codecToken: undefined }),
  ]);
  t.after(() => remote.close());
  assert.deepEqual(
    [
      (await send('/codec/decode', { payloads: [] })).status,
      (await send('/codec/decode', { payloads: [] }, {}, remote)).status,
    ],
    [200, 403],
  );
  // A proxy on the same machine connects from loopback, but its clients may be anywhere.
  for (const header of ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip']) {
    const relayed = { [header]: '10.0.0.7' };
    assert.equal((await send('/codec/decode', { payloads: [] }, relayed)).status, 403, header);
    const withToken = { ...relayed, authorization: `Bearer ${TOKEN}` };
    assert.equal((await send('/codec/decode', { payloads: [] }, withToken, guarded)).status, 200, header);
  }
});

test('the endpoint refuses invalid requests with a reason', async () => {
  const stranger = await createPayloadCodec(keysOf('b')).encode([
    { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('1') },
  ]);
  const asJson = stranger.map(({ metadata, data }) => ({
    metadata: Object.fromEntries(
      Object.entries(metadata!).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
    ),
    data: Buffer.from(data!).toString('base64'),
  }));
  const refusals: Array<[unknown, number, RegExp]> = [
    [{ payloads: asJson }, 400, /encrypted under the key "b", but the configured keys are a/],
    [{}, 400, /no list "payloads"/],
    ['{', 400, /not JSON/],
    [{ payloads: [7] }, 400, /not JSON with payloads/],
    ['x'.repeat(8 * 1024 * 1024 + 1), 413, /may have up to/],
  ];
  for (const [body, status, reason] of refusals) {
    const answer = await send('/codec/decode', body);
    assert.deepEqual(
      [answer.status, reason.test(((await answer.json()) as { detail: string }).detail)],
      [status, true],
      String(reason),
    );
  }
  assert.equal((await send('/codec/decode', '{}', { 'content-type': 'text/plain' })).status, 415);
  const announced =
    'POST /codec/decode HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n';
  assert.equal((await sendRaw(open.url, announced)).status, 413);
  assert.equal((await fetch(`${open.url}/codec/decode`)).status, 405);
  assert.equal((await send('/codec/unknown', {})).status, 404);
});

test('a local stack with keys configures the codec endpoint in the Web UI and its origin in the worker', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-codec-'));
  const elsewhere = ['AUTH', 'USERS', 'ORDERS', 'BILLING', 'NOTIFICATIONS'].map((service) => [
    `${service}_DATABASE_URL`,
    'postgresql://elsewhere',
  ]);
  const settings = { ...Object.fromEntries(elsewhere), KAFKA_BROKERS: 'elsewhere:9092', SMTP_URL: 'smtp://elsewhere' };
  const payloadKeys = `a:${Buffer.alloc(32).toString('base64')}`;
  const stack = await startStack({ dir, env: { ...settings, TEMPORAL_PAYLOAD_KEYS: payloadKeys }, throwAway: true });
  try {
    const { uiUrl } = stack.servers.temporal!;
    const uiSettings = (await (await fetch(`${uiUrl}/api/v1/settings`)).json()) as { Codec: { Endpoint: string } };
    const { WORKER_PORT, TEMPORAL_UI_ORIGINS, TEMPORAL_PAYLOAD_KEYS } = stack.env();
    assert.equal(uiSettings.Codec.Endpoint, `http://127.0.0.1:${WORKER_PORT}/codec`);
    assert.ok(TEMPORAL_UI_ORIGINS!.split(',').includes(uiUrl));
    assert.equal(TEMPORAL_PAYLOAD_KEYS, payloadKeys);
  } finally {
    await stack.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
