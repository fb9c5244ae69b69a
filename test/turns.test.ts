import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from '../api/auth/turns.ts';
import { Problem } from '../lib/problem.ts';

test('so many act at once, so many wait behind them in order, and one more is refused at once', async () => {
  const inTurn = createTurns({ runningMax: 2, waitingMax: 3 });
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const act = (n: number) =>
    inTurn(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      return n;
    });

  const acts = [0, 1, 2, 3, 4].map(act);
  await assert.rejects(
    act(5),
    (error) => error instanceof Problem && error.kind === 'unavailable' && error.headers['retry-after'] === '1',
  );
  assert.deepEqual(begun, [0, 1]);
  for (let n = 0; n < 5; n++) {
    ends[n]!();
    assert.equal(await acts[n], n);
    assert.deepEqual(begun, [0, 1, 2, 3, 4].slice(0, n + 3));
  }
});

test('who fails makes room like anybody else', async () => {
  const inTurn = createTurns({ runningMax: 1, waitingMax: 1 });
  const failing = inTurn(() => Promise.reject(new Error('no')));
  const next = inTurn(async () => 'next');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'next');
  assert.equal(await inTurn(async () => 'after it'), 'after it');
});
