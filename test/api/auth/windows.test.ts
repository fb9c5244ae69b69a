/** Refused attempts cost few statements. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptStore } from '../../../api/auth/attempt-store.ts';
import { createWindows } from '../../../api/auth/windows.ts';
import { Problem } from '../../../lib/http/problem.ts';

const POINTS = 3;
const LEFT_MS = 40_000;

/** Windows over a store in which the key `used-up` has no points left. `looks` lists the keys of each statement. */
function windowsOver(leftMs: number) {
  const looks: string[][] = [];
  const attempts = {
    open: async (keys: readonly string[]) => {
      looks.push([...keys]);
      return keys.filter((key) => key.endsWith('used-up')).map((key) => ({ key, points: POINTS, leftMs }));
    },
  } as unknown as AttemptStore;
  const windows = createWindows(attempts);
  const window = windows.window({ prefix: 'logins', points: POINTS, durationS: 60, refusal: 'Too many logins' });
  return { looks, check: (key: string) => windows.check([[window, key]]) };
}

const isTooMany = (error: unknown) => {
  assert.ok(error instanceof Problem);
  const { 'retry-after': seconds } = error.headers;
  assert.deepEqual([error.status, seconds], [429, String(LEFT_MS / 1000)]);
  return true;
};

test('of a thousand refused attempts in a row only the first costs a statement', async () => {
  const { looks, check } = windowsOver(LEFT_MS);
  for (let n = 0; n < 1_000; n++) await assert.rejects(check('used-up'), isTooMany);
  // The loop may take longer than the second for which a refusal is remembered.
  assert.ok(looks.length <= 3, `${looks.length} statements`);
});

test('an attempt that is not refused costs a statement each time, and so does one under another key', async () => {
  const { looks, check } = windowsOver(LEFT_MS);
  await assert.rejects(check('used-up'), isTooMany);
  for (let n = 0; n < 3; n++) await check('open');
  assert.deepEqual(looks, [['logins:used-up'], ['logins:open'], ['logins:open'], ['logins:open']]);
});

test('a refusal is not remembered for longer than its window', async () => {
  const { check, looks } = windowsOver(0.001);
  await assert.rejects(check('used-up'));
  await assert.rejects(check('used-up'));
  assert.equal(looks.length, 2);
});
