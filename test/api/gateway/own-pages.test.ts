/** The gateway's own pages: readiness of all roles, explanations of problems, the API reference. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, beforeEach, test } from 'node:test';
import { createClientReader } from '../../../lib/http/forwarded.ts';
import { problemKinds } from '../../../specs/generated/problems.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeService } from '../../support/fakes/service.ts';
import { assertDocumented } from '../../support/requests/openapi.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const service = await startFakeService();
const worker = await startFakeService();
const gateway = await startGateway({ auth: service.url, orders: service.url, worker: worker.url });
const get = (path: string, accept = '*/*') => fetch(gateway.url + path, { headers: { accept }, redirect: 'manual' });
type Answer = (response: ServerResponse) => void;
const respond =
  (status: number, body: unknown): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

beforeEach(() => {
  service.respondWith(respond(200, { status: 'ready' }));
  worker.respondWith(respond(200, { status: 'ready' }));
});
after(async () => {
  await gateway.close();
  await service.close();
  await worker.close();
});

test('the shop is ready if every role is', async () => {
  assert.deepEqual(await assertDocumented('ready', await get('/health/ready')), {
    status: 'ready',
    roles: { auth: 'ready', orders: 'ready', worker: 'ready' },
  });
  assert.equal(service.seen[0]!.url, '/health/ready');
});

test('the shop is degraded if a role is', async () => {
  service.respondWith(respond(200, { status: 'degraded' }));
  const roles = { auth: 'degraded', orders: 'degraded', worker: 'ready' };
  await eventually(async () =>
    assert.deepEqual(await assertDocumented('ready', await get('/health/ready')), { status: 'degraded', roles }),
  );
});

const unready: Record<string, Answer> = {
  'reports unready': respond(503, { status: 'unready' }),
  'breaks the connection': (response) => void response.destroy(),
  'sends invalid JSON': (response) => void response.end('?'),
};

for (const [how, answer] of Object.entries(unready)) {
  test(`the shop is unready if a role ${how}`, async () => {
    worker.respondWith(answer);
    const roles = { auth: 'ready', orders: 'ready', worker: 'unready' };
    await eventually(async () => {
      const problem = await assertDocumented('ready', await get('/health/ready'));
      assert.deepEqual([problem.type, problem.roles], ['/problems/unavailable', roles]);
    });
  });
}

test('concurrent readiness requests cause one request at a time to a role', async () => {
  let [atOnce, atOnceMax] = [0, 0];
  worker.respondWith((response) => {
    atOnceMax = Math.max(atOnceMax, ++atOnce);
    response.once('close', () => atOnce--);
    setTimeout(() => respond(200, { status: 'ready' })(response), 50);
  });
  await eventually(async () => {
    await Promise.all(Array.from({ length: 100 }, () => get('/health/ready').then((response) => response.text())));
    assert.ok(atOnceMax > 0);
  });
  assert.equal(atOnceMax, 1);
});

test('the liveness of the gateway is not public', async () => {
  const alone = await startGateway({ auth: 'http://127.0.0.1:1' });
  assert.equal((await fetch(`${alone.url}/health/live`)).status, 404);
  await alone.close();
});

test('every kind of problem is explained, as JSON and as a page', async () => {
  for (const [kind, { title, status, explanation }] of Object.entries(problemKinds)) {
    assert.deepEqual(await assertDocumented('readProblem', await get(`/problems/${kind}`)), {
      type: `/problems/${kind}`,
      title,
      status,
      explanation,
    });
  }
  const response = await get('/problems/key-reused', 'text/html,application/xhtml+xml,*/*;q=0.8');
  assert.match(response.headers.get('content-security-policy')!, /^default-src 'none'/);
  const page = await assertDocumented('readProblem', response);
  assert.ok(page.includes(`<h1>${problemKinds['key-reused'].title}</h1>`) && !page.includes('{{'));
});

for (const kind of ['nothing', '__proto__', 'toString', '%3Cscript%3E']) {
  test(`the unknown problem ${kind} is not found`, async () => {
    assert.equal(
      (await assertDocumented('readProblem', await get(`/problems/${kind}`, 'text/html'))).type,
      '/problems/not-found',
    );
  });
}

test('the API reference consists of local files, and its content security policy forbids others', async () => {
  assert.deepEqual([(await get('/')).status, (await get('/')).headers.get('location')], [302, '/docs']);
  const page = await get('/docs');
  assert.match(
    page.headers.get('content-security-policy')!,
    /default-src 'none'; script-src 'self';.*connect-src 'self'/,
  );
  const html = await page.text();
  const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
  assert.deepEqual(
    parts.filter((path) => !path.startsWith('/docs/')),
    [],
  );
  for (const path of parts) assert.equal((await get(path)).status, 200, path);
  const text = await (await get('/docs/openapi.json')).text();
  const document = JSON.parse(text) as { openapi: string };
  assert.equal(document.openapi, '3.1.0');
  // The document keeps its references. With all of them resolved it would be almost five times as long.
  assert.match(text, /"\$ref":"#\/components\//);
});

test('a trusted proxy is an address or a network; anything else is a configuration error', () => {
  for (const good of ['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']) createClientReader([good]);
  for (const bad of ['localhost', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/', '10.0.0.0/x', ''])
    assert.throws(() => createClientReader([bad]), /neither/);
});

test('a path that is not UTF-8 is not found', async () => {
  for (const path of ['/problems/%ff', '/problems/%C3%28']) assert.equal((await get(path)).status, 404);
});
