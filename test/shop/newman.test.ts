/** The Postman collection passes against the running app. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRouteTable } from '../../lib/http/route-table.ts';
import { restDocument } from '../../roles/contract.ts';
import { assertDocumented } from '../support/requests/openapi.ts';
import { startShop, type Shop } from '../support/shop/shop.ts';

/** An entry of newman's JSON report. */
interface Execution {
  request: { method: string; url: { path?: string[] } };
  response: { code: number; header: { key: string; value: string }[]; stream: { data: number[] } };
}

const ROOT = join(import.meta.dirname, '..', '..');
const collection = join(ROOT, 'integration_tests', 'user_api_auth.json');
const newman = join(ROOT, 'node_modules', 'newman', 'bin', 'newman.js');
const routes = createRouteTable(restDocument);
let shop: Shop;
let dir: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'order-saga-newman-'));
  shop = await startShop();
});

after(async () => {
  await shop?.stop();
  await rm(dir, { recursive: true, force: true });
});

const run = (baseUrl: string, ...options: string[]) =>
  new Promise<{ failed: boolean; output: string }>((resolve) =>
    execFile(
      process.execPath,
      [newman, 'run', '--color', 'off', ...options, '--env-var', `baseUrl=${baseUrl}`, collection],
      (error, stdout, stderr) => resolve({ failed: error !== null, output: stdout + stderr }),
    ),
  );

test('the collection passes twice on the same installation, and the contract documents every answer', async () => {
  for (const time of [1, 2]) {
    const file = join(dir, `${time}.json`);
    const { failed, output } = await run(shop.url, '--reporters', 'cli,json', '--reporter-json-export', file);
    assert.ok(!failed, output);
    const { executions } = (JSON.parse(await readFile(file, 'utf8')) as { run: { executions: Execution[] } }).run;
    assert.ok(executions.length > 10);
    for (const each of executions) await assertDocumented(operationOf(each), responseOf(each));
  }
});

test('the collection fails if no shop is running', async () => {
  assert.ok((await run('http://127.0.0.1:1')).failed);
});

function operationOf({ request: { method, url } }: Execution): string | undefined {
  return routes(method, `/${(url.path ?? []).join('/')}`)?.route.operationId;
}

function responseOf({ response: { code, header, stream } }: Execution): Response {
  const body = [204, 304].includes(code) ? null : Buffer.from(stream.data);
  return new Response(body, { status: code, headers: header.map(({ key, value }) => [key, value]) });
}
