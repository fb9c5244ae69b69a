/** A short storm over an installation of its own, once as it always is, and once as it never was: `npm run storm` is the long one. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { toText } from './storm/report.ts';
import { storm } from './storm/storm.ts';

const FIXED_SEED = 22;
const SEEDS = 2 ** 31;
/** On a machine that is busy with other tests, everything takes its time. */
const QUIET_WITHIN_MS = 180_000;

test('whatever dies while buyers order, every invariant holds', async (t) => {
  const seeds = [FIXED_SEED, randomInt(SEEDS)];
  t.diagnostic(`seeds ${seeds.join(' and ')}`);
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-storm-'));
  const said: string[] = [];
  const report = await storm({
    seeds,
    orders: 200,
    faults: 8,
    root: join(import.meta.dirname, '..'),
    dir,
    quietWithinMs: QUIET_WITHIN_MS,
    signal: t.signal,
    say: (line) => said.push(line),
  });
  assert.deepEqual(report.violations, [], `${said.join('\n')}\n${toText(report)}\nThe evidence: ${dir}`);
  await rm(dir, { recursive: true, force: true });
  t.diagnostic(toText(report));
  assert.ok(report.books.orders.length >= 400 && report.faults.length >= 16 && report.restarts > 0);
});
