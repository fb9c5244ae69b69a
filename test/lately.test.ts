/** Asking often, and asking once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lately } from '../lib/lately.ts';

test('who asks at the same time, or soon after, is answered as one; then it is asked again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const ask = lately(async () => ++asked, 500);
  assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  t.mock.timers.tick(499);
  assert.equal(await ask(), 1);
  t.mock.timers.tick(1);
  assert.equal(await ask(), 2);
});

test('what was not answered is asked again at once', async () => {
  let asked = 0;
  const ask = lately(() => (asked++ === 0 ? Promise.reject(new Error('away')) : Promise.resolve('here')), 500);
  await assert.rejects(ask(), /away/);
  assert.equal(await ask(), 'here');
});
