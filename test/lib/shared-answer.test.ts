/** Concurrent and closely following calls share one result. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shareCalls } from '../../lib/shared-answer.ts';

test('calls at the same time or soon after share one result, and later calls get a new one', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let calls = 0;
  const shared = shareCalls(async () => ++calls, 500);
  assert.deepEqual(await Promise.all([shared(), shared()]), [1, 1]);
  t.mock.timers.tick(499);
  assert.equal(await shared(), 1);
  t.mock.timers.tick(1);
  assert.equal(await shared(), 2);
});

test('a rejection is not kept: the next call tries again at once', async () => {
  let calls = 0;
  const shared = shareCalls(() => (calls++ === 0 ? Promise.reject(new Error('down')) : Promise.resolve('up')), 500);
  await assert.rejects(shared(), /down/);
  assert.equal(await shared(), 'up');
});
