/** The access log shows which operation was requested, and nothing else that the client wrote. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { register } from 'prom-client';
import { gatewayApi } from '../../../api/gateway/app.ts';
import { createClientReader } from '../../../lib/http/forwarded.ts';
import { createUpstreams } from '../../../api/gateway/upstreams.ts';
import { publishedDocument, restDocument } from '../../../roles/contract.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeService } from '../../support/fakes/service.ts';
import { sendRaw } from '../../support/requests/raw.ts';
import { serveQuietly } from '../../support/shop/service.ts';

const service = await startFakeService();
const upstreams = createUpstreams(new Map([['orders', service.url]]));
const lines = new PassThrough().setEncoding('utf8');
const gateway = await serveQuietly(
  'gateway',
  gatewayApi({ document: restDocument, published: publishedDocument, upstreams, clientOf: createClientReader([]) }),
  { log: pino({ level: 'debug' }, lines), operations: true },
);
after(async () => {
  await gateway.close();
  await upstreams.close();
  await service.close();
});

const TOKEN = { authorization: 'Bearer a.b.c' };
const ID = randomUUID();

/** Everything that was logged while the requests were answered. */
async function logOf(count: number, send: () => Promise<unknown>): Promise<string> {
  lines.read();
  let text = '';
  await send();
  await eventually(() => {
    text += String(lines.read() ?? '');
    assert.equal(text.split('\n').length - 1, count);
  });
  return text;
}

const pathOf = async (path: string, method = 'GET'): Promise<unknown> =>
  JSON.parse(await logOf(1, () => fetch(gateway.url + path, { method, headers: TOKEN, redirect: 'manual' }))).path;

for (const [path, shown] of [
  [`/orders/${ID}`, `/orders/${ID}`],
  [`/orders/${ID}/events?x=ada`, `/orders/${ID}/events`],
  [`/orders/${ID.toUpperCase()}`, `/orders/${ID.toUpperCase()}`],
  ['/orders', '/orders'],
  ['/orders?limit=1', '/orders'],
  ['/orders/correct-horse', '/orders/*'],
  [`/orders/${ID}1`, '/orders/*'],
  [`/orders/${ID}%20`, '/orders/*'],
  ['/orders/ada@example.org/cancellation', '/orders/*/cancellation'],
  ['/problems/key-reused', '/problems/*'],
  ['/', '/'],
  ['/docs', '/docs'],
  ['/docs/openapi.json', '/docs/openapi.json'],
  ['/health/live', '/health/live'],
  ['/metrics', '/metrics'],
  ['/metrics/ada', '*'],
  ['/health/ada', '*'],
  ['/docs/ada', '*'],
  ['/ada', '*'],
  [`/ada/${ID}`, '*'],
  [`/orders/${ID}/ada`, '*'],
  ['//orders', '*'],
  ['/orders/', '*'],
] as const) {
  test(`${path.replaceAll(/[\da-f-]{36}/gi, 'UUID')} is logged as ${shown.replaceAll(/[\da-f-]{36}/gi, 'UUID')}`, async () => {
    assert.equal(await pathOf(path), shown);
  });
}

test('a path whose method is not allowed is logged as well', async () => {
  assert.equal(await pathOf(`/orders/${ID}/events`, 'DELETE'), `/orders/${ID}/events`);
  assert.equal(await pathOf('/orders/ada', 'POST'), '/orders/*');
});

test('nothing that a client writes into a request that is refused gets into the log or a metric', async () => {
  const secret = 'correct-horse';
  const heads = [
    `GET /${secret} HTTP/1.1\r\nhost: a`,
    `GET /orders/${secret}/${secret}?${secret} HTTP/1.1\r\nhost: a`,
    `GET http://${secret}/orders HTTP/1.1\r\nhost: a`,
    `OPTIONS * HTTP/1.1\r\nhost: ${secret}`,
    `POST /orders HTTP/1.1\r\nhost: a\r\nhost: ${secret}`,
    `GET /orders HTTP/1.1\r\nhost: ${secret}/`,
    `PATCH /orders HTTP/1.1\r\nhost: a\r\nx-correlation-id: ${secret}\r\ntraceparent: ${secret}`,
    `GET /orders HTTP/1.1\r\nhost: a\r\nauthorization: ${secret}\r\ncookie: session_id=${secret}; ${secret}=1`,
    `GET /problems/key-reused HTTP/1.1\r\nhost: a\r\naccept: ${secret}\r\naccept-encoding: ${secret}\r\nexpect: ${secret}`,
  ];
  const log = await logOf(heads.length, async () => {
    for (const head of heads) await sendRaw(gateway.url, `${head}\r\nconnection: close\r\n\r\n`);
  });
  assert.ok(!log.includes(secret), log);
  assert.ok(!(await register.metrics()).includes(secret));
});
