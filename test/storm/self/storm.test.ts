/** A short storm with one fixed and one random seed. `npm run storm` runs a long one. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { toText } from '../report.ts';
import { storm } from '../storm.ts';

const FIXED_SEED = 22;
const SEEDS = 2 ** 31;
/** Generous, since the machine may be slow. */
const QUIET_WITHIN_MS = 180_000;

test('every invariant holds although processes die and connections break', async (t) => {
  const seeds = [FIXED_SEED, randomInt(SEEDS)];
  t.diagnostic(`seeds ${seeds.join(' and ')}`);
  const dir = await mkdtemp(join(tmpdir(), 'order-saga-storm-'));
  const lines: string[] = [];
  const report = await storm({
    seeds,
    orders: 200,
    faults: 8,
    root: join(import.meta.dirname, '..', '..', '..'),
    dir,
    quietWithinMs: QUIET_WITHIN_MS,
    signal: t.signal,
    print: (line) => lines.push(line),
  });
  assert.deepEqual(report.violations, [], `${lines.join('\n')}\n${toText(report)}\nThe evidence is kept in ${dir}`);
  await rm(dir, { recursive: true, force: true });
  t.diagnostic(toText(report));
  assert.ok(report.rows.orders.length >= 400 && report.faults.length >= 16 && report.restarts > 0);
});
