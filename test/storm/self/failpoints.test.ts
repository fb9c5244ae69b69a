/** Every failpoint of a storm is passed by its step, and kills the process there, before or after the step's effect. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { services } from '../../../prisma/migrate.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/database.ts';
import { armFailpoint, failpoints, hitFailpoints } from '../failpoints/points.ts';
import { steps } from '../failpoints/steps.ts';
import { wrap } from '../failpoints/wrap.ts';

const FOLDER = join(import.meta.dirname, '..', 'failpoints');
const PRELOAD = join(FOLDER, 'preload.ts');
const TAKE_STEPS = join(FOLDER, 'take-steps.ts');
const databases: Record<string, TestDatabase> = {};
let dir: string;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'order-saga-failpoints-'));
  for (const service of services) databases[service] = await createDatabase(service);
});
after(async () => {
  await Promise.all(Object.values(databases).map((database) => database.close()));
  await rm(dir, { recursive: true, force: true });
});

/** Runs a script with the failpoints installed and returns how it ended. */
function run(script: string, ...words: string[]): Promise<{ signal: string | null; code: number; output: string }> {
  const urls = Object.entries(databases).map(
    ([service, { url }]) => [`${service.toUpperCase()}_DATABASE_URL`, url] as const,
  );
  const env = { ...process.env, ...Object.fromEntries(urls), FAILPOINTS_DIR: dir };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', PRELOAD, script, ...words],
      { env },
      (_error, stdout, stderr) =>
        resolve({ signal: child.signalCode, code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

test('every failpoint is passed by its step, and does not kill unless armed', async () => {
  const { signal, code, output } = await run(TAKE_STEPS, 'all');
  assert.deepEqual({ signal, code }, { signal: null, code: 0 }, output);
  const passes = JSON.parse(output) as Record<string, number>;
  assert.deepEqual(Object.keys(passes).sort(), failpoints.map(({ name }) => name).sort());
  assert.deepEqual(hitFailpoints(dir), []);
});

const rows = async (service: string, table: string) => (await databases[service]!.query(`select from ${table}`)).length;

for (const [step, service, table] of [
  ['place', 'orders', 'orders'],
  ['billing.withdraw', 'billing', 'outcomes'],
  ['record', 'notifications', 'notifications'],
] as const) {
  test(`a process killed before ${step} leaves no row; one killed after it leaves the row`, async () => {
    for (const [side, written] of [
      ['before', 0],
      ['after', 1],
    ] as const) {
      const rowsBefore = await rows(service, table);
      armFailpoint(dir, `${step}:${side}`);
      assert.deepEqual(await run(TAKE_STEPS, 'all', step), { signal: 'SIGKILL', code: -1, output: '' });
      assert.equal((await rows(service, table)) - rowsBefore, written);
      assert.equal(hitFailpoints(dir).filter((name) => name === `${step}:${side}`).length, 1);
      assert.equal((await run(TAKE_STEPS, 'all', step)).code, 0, 'an armed failpoint kills once');
    }
  });
}

test('a role that takes another role’s step is not killed', async () => {
  armFailpoint(dir, 'cancel-settle:before');
  assert.deepEqual(await run(TAKE_STEPS, 'auditor', 'cancel-settle'), { signal: null, code: 0, output: '{}' });
});

test('the whole product loads with the failpoints installed', async () => {
  const { code, output } = await run(join(import.meta.dirname, '../../../bin/order-saga.ts'), 'no-such-role');
  assert.deepEqual({ code, said: output.split('\n')[0] }, { code: 1, said: 'There is no role "no-such-role".' });
});

test('a renamed step is reported instead of skipped', () => {
  for (const { file, exported, hook } of steps) {
    assert.throws(() => wrap(file, exported, undefined), /Not a function: .*Update test\/storm\/failpoints\/steps\.ts/);
    if (hook.kind === 'export' || hook.kind === 'library') continue;
    const factory = wrap(file, exported, () => (hook.kind === 'returned' ? undefined : {})) as (
      ...input: unknown[]
    ) => unknown;
    assert.throws(() => factory({ publisher: {} }, undefined), /Not a function/, exported);
  }
});
