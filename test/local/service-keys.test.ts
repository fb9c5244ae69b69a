/** The keys by which the roles of a local installation identify themselves. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServiceTokenVerifier, createServiceTokens } from '../../lib/http/service-tokens.ts';
import { serviceKeys } from '../../local/launch/service-keys.ts';

const ROLES = ['gateway', 'notifications', 'worker'];
const keyOf = (keys: Record<string, string>, role: string) => keys[`${role.toUpperCase()}_SERVICE_KEY`]!;

async function assertComplete(keys: Record<string, string>): Promise<void> {
  assert.deepEqual(
    Object.keys(keys).sort(),
    [...ROLES.map((role) => `${role.toUpperCase()}_SERVICE_KEY`), 'SERVICE_JWKS'].sort(),
  );
  const published = JSON.parse(keys['SERVICE_JWKS']!) as { keys: { kid: string; d?: string }[] };
  assert.deepEqual(
    published.keys.map(({ kid, d }) => [kid, d]).sort(),
    ROLES.map((role) => [role, undefined]),
  );
  const { verify } = createServiceTokenVerifier({ role: 'billing', serviceKeys: published });
  for (const role of ROLES) assert.equal(await verify(createServiceTokens(role, keyOf(keys, role), 'billing')()), role);
}

test('the keys are made once, and a file of an earlier release gets the keys that it lacks', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-keys-'));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, 'service-keys.json');
  const made = await serviceKeys(dir);
  await assertComplete(made);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(await serviceKeys(dir), made);

  const { GATEWAY_SERVICE_KEY: _unknownBefore, ...earlier } = made;
  await writeFile(file, JSON.stringify({ ...earlier, AUDITOR_SERVICE_KEY: 'no longer used' }));
  const completed = await serviceKeys(dir);
  await assertComplete(completed);
  assert.equal(keyOf(completed, 'worker'), keyOf(made, 'worker'));
  assert.notEqual(keyOf(completed, 'gateway'), keyOf(made, 'gateway'));
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), completed);
});
