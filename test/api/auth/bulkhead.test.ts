import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBulkhead } from '../../../api/auth/bulkhead.ts';
import { Problem } from '../../../lib/http/problem.ts';

test('calls above the running limit wait in order, and calls above the waiting limit are refused at once', async () => {
  const bulkhead = createBulkhead({ runningMax: 2, waitingMax: 3 });
  const ends: (() => void)[] = [];
  const started: number[] = [];
  const act = (n: number) =>
    bulkhead(async () => {
      started.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      return n;
    });

  const acts = [0, 1, 2, 3, 4].map(act);
  await assert.rejects(
    act(5),
    (error) =>
      error instanceof Problem &&
      error.kind === 'unavailable' &&
      error.headers['retry-after'] === '1' &&
      error.cause === undefined,
  );
  assert.deepEqual(started, [0, 1]);
  for (let n = 0; n < 5; n++) {
    ends[n]!();
    assert.equal(await acts[n], n);
    assert.deepEqual(started, [0, 1, 2, 3, 4].slice(0, n + 3));
  }
});

test('a failed call frees its slot', async () => {
  const bulkhead = createBulkhead({ runningMax: 1, waitingMax: 1 });
  const failing = bulkhead(() => Promise.reject(new Error('no')));
  const next = bulkhead(async () => 'next');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'next');
  assert.equal(await bulkhead(async () => 'after it'), 'after it');
});
