import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { delayIfLate, delaySteps, lateAttempts } from '../failpoints/delays.ts';

const DELAY_MS = 200;
let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'order-saga-delays-'));
});
after(() => rm(dir, { recursive: true, force: true }));

test('every other attempt at a delayed step begins late, and no other step does', async () => {
  const isLate = async (step: string) => {
    const startedMs = performance.now();
    await delayIfLate(dir, step);
    return performance.now() - startedMs >= DELAY_MS - 1;
  };
  const end = delaySteps(dir, ['settle', 'charge'], DELAY_MS);
  assert.deepEqual(
    [
      await isLate('settle'),
      await isLate('charge'),
      await isLate('settle'),
      await isLate('settle'),
      await isLate('place'),
    ],
    [true, true, false, true, false],
  );
  assert.deepEqual([lateAttempts(dir, 'settle'), lateAttempts(dir, 'charge'), lateAttempts(dir, 'place')], [2, 1, 0]);
  end();
  assert.deepEqual([await isLate('settle'), await isLate('charge')], [false, false]);
});
