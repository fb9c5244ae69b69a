import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runPeriodically } from '../../lib/loop.ts';
import { eventually } from '../support/eventually.ts';

test('a failed run is retried soon, and after a successful run the next waits for the interval', async () => {
  const stop = new AbortController();
  const errors: unknown[] = [];
  let runs = 0;
  const ended = runPeriodically(
    { signal: stop.signal, everyMs: 3_600_000, retryMs: 1, onFailed: (error) => errors.push(error) },
    async () => {
      runs++;
      if (runs < 3) throw new Error('down');
    },
  );
  await eventually(() => assert.equal(runs, 3));
  stop.abort();
  await ended;
  assert.deepEqual([runs, errors], [3, [new Error('down'), new Error('down')]]);
});
