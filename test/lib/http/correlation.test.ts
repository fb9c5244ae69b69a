/** The correlation id of a request, which every role repeats in answers and log lines. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { startFakeService } from '../../support/fakes/service.ts';
import { createContractClient } from '../../support/requests/contract-client.ts';
import { startGateway } from '../../support/shop/gateway.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const service = await startFakeService();
const gateway = await startGateway({ auth: service.url, orders: service.url });
const ask = createContractClient(gateway.url);
after(async () => {
  await gateway.close();
  await service.close();
});

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

for (const sent of ['abc', '0', 'A1', randomUUID(), randomUUID().toUpperCase(), TRACE.slice(3, 35), 'f'.repeat(64)]) {
  test(`the id ${sent.slice(0, 10)} of ${sent.length} characters is kept`, async () => {
    const { headers, body } = await ask('readBalance', 'GET', '/payments', { headers: { 'x-correlation-id': sent } });
    assert.deepEqual([headers.get('x-correlation-id'), body.correlationId], [sent, sent]);
  });
}

const replaced = [
  ['', 'f'.repeat(65), 'a b', 'a,b', '<script>', 'ada@example.org', '\u00e4', 'a/b', '{"a":1}'],
  // An id that is any word could be a name, phone number, password or token.
  ['grace', '+442012345678', 'tel:0123', 'correct-horse', 'A_b.c:d-1', `${randomUUID()}-1`, `{${randomUUID()}}`],
].flat();
for (const sent of replaced) {
  test(`the id “${sent.slice(0, 20)}” of ${sent.length} characters is replaced by a new one`, async () => {
    const { headers, body } = await ask('readBalance', 'GET', '/payments', { headers: { 'x-correlation-id': sent } });
    assert.match(headers.get('x-correlation-id')!, UUID);
    assert.equal(body.correlationId, headers.get('x-correlation-id'));
  });
}

test('every answer has its own id, even for an unknown path', async () => {
  const paths: [string | undefined, string, string][] = [
    [undefined, 'GET', '/nothing'],
    [undefined, 'PATCH', '/orders'],
    ['readProblem', 'GET', '/problems/key-reused'],
    ['readBalance', 'GET', '/payments'],
  ];
  const ids = [];
  for (const [operationId, method, path] of paths)
    ids.push((await ask(operationId, method, path)).headers.get('x-correlation-id'));
  for (const path of ['/docs', '/'])
    ids.push((await fetch(gateway.url + path, { redirect: 'manual' })).headers.get('x-correlation-id'));
  for (const id of ids) assert.match(id!, UUID);
  assert.equal(new Set(ids).size, ids.length);
});

test('the service and the client get the same id', async () => {
  for (const sent of ['abc', 'a b']) {
    const { headers } = await fetch(`${gateway.url}/orders`, {
      headers: { authorization: 'Bearer a.b.c', 'x-correlation-id': sent },
    });
    assert.equal(service.seen.at(-1)!.headers['x-correlation-id'], headers.get('x-correlation-id'));
  }
});

for (const malformed of [
  'nonsense',
  TRACE.toUpperCase(),
  `${TRACE}, ${TRACE}`,
  `ff${TRACE.slice(2)}`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
]) {
  test(`the malformed trace context ${malformed.slice(0, 40)} is dropped, and a valid one is kept`, async () => {
    const kept: unknown[] = [];
    const listener = await serveQuietly('test', [({ state }) => void kept.push(state.traceparent)]);
    for (const traceparent of [malformed, TRACE]) {
      const headers = { authorization: 'Bearer a.b.c', traceparent, tracestate: 'vendor=1' };
      await fetch(`${listener.url}/`, { headers });
      await fetch(`${gateway.url}/orders`, { headers });
    }
    await listener.close();
    assert.deepEqual(kept, [undefined, TRACE]);
    assert.deepEqual(
      service.seen.slice(-2).map(({ headers: { traceparent, tracestate } }) => [traceparent, tracestate]),
      [
        [undefined, undefined],
        [TRACE, 'vendor=1'],
      ],
    );
  });
}

test('log lines of a request contain its correlation id and its traceparent', async () => {
  const lines = new PassThrough();
  const logged = await serveQuietly('test', [], { log: pino({}, lines) });
  await fetch(`${logged.url}/nothing`, { headers: { 'x-correlation-id': 'abc', traceparent: TRACE } });
  await fetch(`${logged.url}/nothing`, { headers: { 'x-correlation-id': 'abd', traceparent: 'nonsense' } });
  await logged.close();
  const entries = String(lines.read())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    entries.map(({ correlationId, traceparent }) => [correlationId, traceparent]),
    [
      ['abc', TRACE],
      ['abd', undefined],
    ],
  );
});
