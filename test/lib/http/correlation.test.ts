/** The correlation id of a request, which every role repeats in answers and log lines. */
import assert from 'node:assert/strict';
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

for (const sent of ['abc', 'A_b.c:d-1', '0', 'x'.repeat(100)]) {
  test(`the id ${sent.slice(0, 10)} of ${sent.length} characters is kept`, async () => {
    const { headers, body } = await ask('readBalance', 'GET', '/payments', { headers: { 'x-correlation-id': sent } });
    assert.deepEqual([headers.get('x-correlation-id'), body.correlationId], [sent, sent]);
  });
}

for (const sent of ['', 'x'.repeat(101), 'a b', 'a,b', '<script>', 'ada@example.org', '\u00e4', 'a/b', '{"a":1}']) {
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
