/** Static files and pages are read, compressed and hashed once, and revalidated with 304. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createContractClient } from '../../support/requests/contract-client.ts';
import { startAuth } from '../../support/shop/auth.ts';
import { startGateway } from '../../support/shop/gateway.ts';

const auth = await startAuth();
const gateway = await startGateway({ auth: auth.url });
const ask = createContractClient(gateway.url);
after(async () => {
  await gateway.close();
  await auth.close();
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(gateway.url + path, { headers: { accept: 'text/html', ...headers }, method });

const FILES = [
  '/docs',
  '/docs/docs.js',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
  '/docs/favicon-32x32.png',
  '/docs/openapi.json',
];

for (const path of [...FILES, '/auth/login', '/problems/key-reused']) {
  test(`${path} has a strong tag for each encoding, and is sent only once to a client that keeps it`, async () => {
    const tags = new Set<string>();
    for (const encoding of ['identity', 'gzip']) {
      const first = await get(path, { 'accept-encoding': encoding });
      const etag = first.headers.get('etag')!;
      assert.match(etag, /^"[\w-]+"$/);
      assert.match(first.headers.get('cache-control')!, /^public, /);
      assert.ok((await first.arrayBuffer()).byteLength > 0);
      const compressed = first.headers.get('content-encoding') === 'gzip';
      assert.equal(tags.has(etag), !compressed && tags.size > 0);
      tags.add(etag);

      const head = await get(path, { 'accept-encoding': encoding }, 'HEAD');
      for (const name of ['etag', 'content-length', 'content-encoding', 'content-type', 'vary', 'cache-control'])
        assert.equal(head.headers.get(name), first.headers.get(name), name);

      for (const sent of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
        const again = await get(path, { 'accept-encoding': encoding, 'if-none-match': sent });
        assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', etag]);
        assert.equal(again.headers.get('cache-control'), first.headers.get('cache-control'));
        assert.equal(again.headers.get('vary'), first.headers.get('vary'));
      }
      const changed = await get(path, { 'accept-encoding': encoding, 'if-none-match': '"x"' });
      assert.deepEqual([changed.status, changed.headers.get('etag')], [200, etag]);
    }
  });
}

test('the compressed files are a third of their size, and depend on Accept-Encoding', async () => {
  for (const path of FILES.filter((each) => /\.(css|json)$|bundle/.test(each))) {
    const [plain, compressed] = await Promise.all([
      get(path, { 'accept-encoding': 'identity' }),
      get(path, { 'accept-encoding': 'gzip' }),
    ]);
    const length = ({ headers }: Response) => Number(headers.get('content-length'));
    assert.ok(length(compressed) < length(plain) / 3, path);
    assert.match(plain.headers.get('vary')!, /accept-encoding/i);
    assert.equal(await plain.text(), await compressed.text());
  }
});

test('pages answer 304 as documented', async () => {
  for (const [operation, path] of [
    ['loginPage', '/auth/login'],
    ['readProblem', '/problems/key-reused'],
  ] as const) {
    const page = await ask(operation, 'GET', path, { headers: { accept: 'text/html' } });
    assert.equal(page.status, 200);
    const headers = { accept: 'text/html', 'if-none-match': page.headers.get('etag')! };
    assert.equal((await ask(operation, 'GET', path, { headers })).status, 304);
  }
});
